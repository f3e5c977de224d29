// Package cli implements the rtbench command line. Each command has a file: its
// flags, a call into the packages that do the work, and an exit code. Nothing is
// measured, computed or judged here.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/grpclog"

	"rtbench/loadgen"
	"rtbench/report/result"
)

// Main runs the program and returns its exit code.
func Main() int {
	// grpc-go logs connection errors to stderr; the result reports them already.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	var profile cpuProfile
	err := root(&profile).ExecuteContext(ctx)
	err = errors.Join(err, profile.stop())
	if err == nil {
		return exitOK
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, sanitize(text))
	}
	var withCode exitCodeError
	var invalid *loadgen.InvalidError
	switch {
	case errors.As(err, &withCode):
		return withCode.code
	case errors.As(err, &invalid):
		return exitScenario
	}
	return exitFailed
}

func root(profile *cpuProfile) *cobra.Command {
	c := &cobra.Command{
		Use:   "rtbench",
		Short: "Benchmark WebSocket, SSE and gRPC streaming, side by side",
		Long: `rtbench measures what real-time traffic costs over WebSocket, Server-Sent Events
and gRPC streaming, with raw TCP as the floor. It runs scenarios against reference
servers or your own, compares the protocols side by side, and reports first whether
the results can be trusted.`,
		Example: `  rtbench run                      run the built-in suite, two minutes
  rtbench run echo push            run two built-in scenarios
  rtbench run mine.yaml            run your scenario
  rtbench scenario init mine.yaml  write a scenario to start from
  rtbench scenario show echo       print a built-in scenario
  rtbench bench ws://HOST/PATH     measure a running server, no file needed
  rtbench report results/DIR       print a stored result
  rtbench compare BASE NEW         compare two stored results
  rtbench gate --base exec:'./old serve --json' --head exec:'./new serve --json'
  rtbench capacity echo --objective 'p(99) < 10ms'   find the highest rate that meets it
  rtbench calibrate                measure the noise of this machine
  rtbench guide                    test the 24 claims of a guide to real-time APIs
  rtbench choose                   choose a protocol with the guide's decision tree`,
		Version:       versionLine(),
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return profile.start() },
		Args:              func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.PersistentFlags().StringVar(&profile.path, "cpuprofile", "", "write a CPU profile of this process to `FILE`, for go tool pprof")
	c.SetFlagErrorFunc(flagError)
	c.AddCommand(
		runCommand(), serveCommand(), reportCommand(), compareCommand(), gateCommand(), capacityCommand(), calibrateCommand(), historyCommand(),
		scenarioCommand(), guideCommand(), chooseCommand(), benchCommand(), relayCommand(),
	)
	c.AddCommand(fleetCommands()...)
	c.AddCommand(versionCommand(), licensesCommand())
	c.SetVersionTemplate("{{.Version}}\n")
	c.SetHelpCommand(helpCommand())
	c.InitDefaultCompletionCmd()
	completeAll(c)
	return c
}

// helpCommand replaces cobra's, which prints the root's help for an unknown command.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(help *cobra.Command, args []string) error {
			cmd, rest, err := help.Root().Find(args)
			if err != nil {
				return usageError("%w", err)
			}
			if err := unknownCommand(cmd, rest); err != nil {
				return err
			}
			return cmd.Help()
		},
	}
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %q?", near[0])
	}
	return usageError("unknown command %q%s (see `%s --help`)", args[0], hint, cmd.CommandPath())
}

// optionalArg accepts one argument or none.
func optionalArg(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return exactArgs(1, "at most "+name)(cmd, args)
		}
		return nil
	}
}

func exactArgs(n int, names string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError("expected %s, found %s (see `%s --help`)", names, result.Plural(len(args), "argument"), cmd.CommandPath())
		}
		return nil
	}
}
