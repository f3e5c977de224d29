// Package cli is what the user types: one file a command, each of flags, a
// call into the rooms that do the work, and an exit code. It knows all rooms, as
// main does, and holds no logic of its own: nothing is measured, computed or
// decided here.
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
	// What a server does is in the result; the library would tell the terminal too.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
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
and gRPC streaming, with raw TCP as the floor. It starts reference servers,
drives them by a plan and says first whether the figures can be trusted.`,
		Example: `  rtbench run                      the built-in suite, about a minute
  rtbench run echo push            two built-in scenarios
  rtbench run mine.yaml            a scenario of your own
  rtbench scenario init mine.yaml  write a scenario to start from
  rtbench scenario show echo       a built-in one
  rtbench bench 127.0.0.1:9000     a running server, without a file
  rtbench report results/DIR       a stored result again
  rtbench compare OLD NEW          two stored results
  rtbench gate --base exec:'./old serve --json' --head exec:'./new serve --json'
  rtbench calibrate                what this machine can tell apart
  rtbench guide                    the 24 claims of the guide's comparison table
  rtbench choose                   the guide's advice, and what was found here`,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return profile.start() },
		Args:              func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.PersistentFlags().StringVar(&profile.path, "cpuprofile", "", "write what this process used its CPU for to `FILE`, for go tool pprof")
	c.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError("%w (see `%s --help`)", err, cmd.CommandPath())
	})
	c.AddCommand(
		runCommand(), serveCommand(), reportCommand(), compareCommand(), gateCommand(), calibrateCommand(), historyCommand(),
		scenarioCommand(), guideCommand(), chooseCommand(), benchCommand(),
	)
	c.InitDefaultCompletionCmd()
	completeAll(c)
	return c
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
	return usageError("no command %q%s (see `%s --help`)", args[0], hint, cmd.CommandPath())
}

func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError("expected %s, found %s (see `%s --help`)", what, result.Plural(len(args), "argument"), cmd.CommandPath())
		}
		return nil
	}
}
