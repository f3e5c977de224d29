// Command rtbench measures what real-time traffic costs over WebSocket,
// Server-Sent Events and gRPC streaming, with raw TCP as the floor. This file is
// the command table, signals and exit codes; what the commands do is elsewhere.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/proto"
	"rtbench/report"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// Exit codes. 99, 104 and 105 are k6's.
const (
	exitGood        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitThreshold   = 99
	exitScenario    = 104
	exitInterrupted = 105
	exitInvalid     = 113
)

// codedError is an error with an exit code of its own.
type codedError struct {
	error
	code int
}

func (e codedError) Unwrap() error { return e.error }

func main() { os.Exit(run()) }

// run is the whole program but for the exit.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := root().ExecuteContext(ctx)
	if err == nil {
		return exitGood
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, text)
	}
	var coded codedError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFailed
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "rtbench",
		Short: "Benchmark WebSocket, SSE and gRPC streaming, side by side",
		Long: `rtbench measures what real-time traffic costs over WebSocket, Server-Sent Events
and gRPC streaming, with raw TCP as the floor. It starts reference servers,
drives them by a plan and says first whether the figures can be trusted.`,
		Example: `  rtbench run                      the built-in suite, about a minute
  rtbench run echo push            two built-in scenarios
  rtbench run mine.yaml            a scenario of your own
  rtbench scenario show echo       a scenario to start from
  rtbench report results/DIR       a stored result again`,
		SilenceErrors: true, SilenceUsage: true,
		Args: func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w (see `%s --help`)", err, cmd.CommandPath())
	})
	c.AddCommand(runCommand(), serveCommand(), reportCommand(), scenarioCommand())
	return c
}

func usage(format string, args ...any) error {
	return codedError{fmt.Errorf(format, args...), exitUsage}
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
	return usage("no command %q%s (see `%s --help`)", args[0], hint, cmd.CommandPath())
}

func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("expected %s, found %d arguments (see `%s --help`)", what, len(args), cmd.CommandPath())
		}
		return nil
	}
}

func runCommand() *cobra.Command {
	var out, target string
	var quick bool
	c := &cobra.Command{
		Use:   "run [SCENARIO…]",
		Short: "Run scenarios: files or built-in names; none means the built-in suite guide",
		Long: `Runs scenarios against reference servers, a fresh one for each repetition, with
the repetitions interleaved over the protocols; shows where it is, prints the
tables and leaves a result directory with histograms.

Exit codes: 0 good · 1 failed · 2 usage · 99 a threshold does not hold ·
104 invalid scenario · 105 interrupted · 113 invalid measurement`,
		Example: `  rtbench run
  rtbench run echo --quick
  rtbench run mine.yaml --out results/mine
  rtbench serve & rtbench run push --target 127.0.0.1:9000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"guide"}
			}
			list, err := openScenarios(args, target, quick)
			if err != nil {
				return err
			}
			return runScenarios(cmd.Context(), list, out)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "result directory (default results/TIME-NAME)")
	c.Flags().StringVar(&target, "target", "", "control address of a running `rtbench serve`, instead of starting servers")
	c.Flags().BoolVar(&quick, "quick", false, "one short repetition of each cell: to see that all works, not to measure")
	return c
}

func openScenarios(names []string, target string, quick bool) ([]*scenarios.Scenario, error) {
	var list []*scenarios.Scenario
	var errs []error
	for _, name := range names {
		s, err := scenarios.Open(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if target != "" {
			s.Target = target
		}
		if quick {
			s.Shorten()
		}
		list = append(list, s)
	}
	if len(errs) > 0 {
		return nil, codedError{errors.Join(errs...), exitScenario}
	}
	return list, nil
}

func runScenarios(ctx context.Context, list []*scenarios.Scenario, out string) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program to start it as a server: %w", err)
	}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	if out == "" {
		out = filepath.Join("results", time.Now().Format("20060102-150405")+"-"+strings.Join(names, "-"))
	}
	if _, err := os.Stat(filepath.Join(out, result.FileName)); err == nil {
		return usage("%s holds a result already; choose another directory with --out", out)
	}
	live := report.NewLive(os.Stderr)
	res, err := loadgen.Run(ctx, loadgen.Options{
		Scenarios: list, Server: []string{exe, "serve", "--json", "--until-stdin-ends", "--port", "all=0"},
		Watch: func(s loadgen.Status) { live.Show(status(s)) },
	})
	live.Clear()
	if err != nil {
		return err
	}
	if err := result.Write(out, res); err != nil {
		return err
	}
	if err := report.Text(os.Stdout, res); err != nil {
		return err
	}
	fmt.Printf("Result: %s\n", out)
	return verdict(res)
}

func status(s loadgen.Status) report.LiveStatus {
	st := report.LiveStatus{
		Run: s.Run, Of: s.Of, Cell: s.Cell, Repetition: s.Repetition, Phase: s.Phase,
		Recorded: s.Recorded, P50: s.P50, P99: s.P99,
	}
	if s.Done != nil {
		st.Done, st.Verdict = true, s.Done.Validity.Verdict
		st.Recorded, st.P50, st.P99 = s.Done.Counters.Recorded, s.Done.Response.Quantile(50), s.Done.Response.Quantile(99)
	}
	return st
}

// verdict turns what a result says of itself into an exit code; the text has
// been printed.
func verdict(res *result.Result) error {
	broken := false
	for _, c := range res.Cells {
		for _, r := range c.Repetitions {
			for _, o := range r.Thresholds {
				broken = broken || !o.Holds
			}
		}
	}
	switch {
	case res.Interrupted:
		return codedError{errors.New("interrupted"), exitInterrupted}
	case result.Worst(res) == result.Invalid:
		return codedError{errors.New("the measurement is invalid: see the reasons at the top"), exitInvalid}
	case broken:
		return codedError{errors.New("a threshold does not hold"), exitThreshold}
	}
	return nil
}

func serveCommand() *cobra.Command {
	var cfg server.Config
	var asJSON, untilStdin bool
	var ports map[string]int
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the reference servers, all protocols in one process, until Ctrl-C",
		Example: `  rtbench serve
  rtbench serve --tls --port grpc=50051
  rtbench serve --port all=0          free ports for all`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if cfg.Ports, err = choosePorts(ports); err != nil {
				return err
			}
			s, err := server.Start(cfg)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := printInfo(os.Stdout, s.Info(), asJSON); err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			if untilStdin {
				go func() {
					_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
					cancel()
				}()
			}
			<-ctx.Done()
			cancel()
			return nil
		},
	}
	c.Flags().StringVar(&cfg.Host, "host", "127.0.0.1", "address to listen on")
	c.Flags().StringToIntVar(&ports, "port", nil, "port of a protocol, of control, or of all: grpc=50051,all=0 (0: a free one)")
	c.Flags().BoolVar(&cfg.TLS, "tls", false, "serve TLS with a certificate made at start")
	c.Flags().BoolVar(&asJSON, "json", false, "print the addresses as one line of JSON")
	c.Flags().BoolVar(&untilStdin, "until-stdin-ends", false, "stop when standard input ends, as well as by signal")
	return c
}

// choosePorts completes the ports that the user named by the default ones.
func choosePorts(named map[string]int) (map[string]int, error) {
	ports := map[string]int{"control": proto.ControlPort}
	for _, p := range proto.Protocols {
		ports[p.Name] = p.Port
	}
	if all, ok := named["all"]; ok {
		for name := range ports {
			ports[name] = all
		}
	}
	for name, port := range named {
		if _, ok := ports[name]; !ok && name != "all" {
			return nil, usage("--port %s=%d: expected one of %s, control, all", name, port, strings.Join(proto.ProtocolNames(), ", "))
		}
		if port < 0 || port > 65535 {
			return nil, usage("--port %s=%d: expected a port from 0 to 65535", name, port)
		}
		if name != "all" {
			ports[name] = port
		}
	}
	return ports, nil
}

func printInfo(w io.Writer, info proto.Info, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(info)
	}
	names := proto.ProtocolNames()
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(w, "%-10s %s\n", name, info.Addresses[name])
	}
	_, err := fmt.Fprintf(w, "%-10s http://%s/ (addresses), http://%s/stats\n", "control", info.Control, info.Control)
	return err
}

func reportCommand() *cobra.Command {
	var format string
	names := make([]string, len(report.Formats))
	about := ""
	for i, f := range report.Formats {
		names[i] = f.Name
		about += fmt.Sprintf("  %-6s %s\n", f.Name, f.About)
	}
	c := &cobra.Command{
		Use:   "report RESULT",
		Short: "Render a stored result again",
		Long:  "Renders a stored result from its file alone. Formats:\n\n" + about,
		Example: `  rtbench report results/20260102-150405-guide
  rtbench report results/mine --format csv > mine.csv`,
		Args: exactly(1, "one result directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, f := range report.Formats {
				if f.Name == format {
					res, err := result.Read(args[0])
					if err != nil {
						return err
					}
					return f.Write(os.Stdout, res)
				}
			}
			return usage("--format %s: expected one of %s", format, strings.Join(names, ", "))
		},
	}
	c.Flags().StringVarP(&format, "format", "f", names[0], strings.Join(names, ", "))
	return c
}

func scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "scenario", Short: "List, show and check scenarios",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the built-in scenarios", Args: exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			for _, name := range scenarios.Names() {
				s, err := scenarios.Open(name)
				if err != nil {
					return err
				}
				fmt.Printf("%-10s %s\n", name, s.About)
			}
			return nil
		},
	}, &cobra.Command{
		Use: "show [NAME]", Short: "Print a built-in scenario; without a name, every key with its meaning",
		RunE: func(_ *cobra.Command, args []string) error {
			text := scenarios.Reference()
			if len(args) > 0 {
				var ok bool
				if text, ok = scenarios.Builtin(args[0]); !ok {
					return usage("no built-in scenario %q: there are %s", args[0], strings.Join(scenarios.Names(), ", "))
				}
			}
			_, err := os.Stdout.Write(text)
			return err
		},
	}, &cobra.Command{
		Use: "validate FILE…", Short: "Check scenarios and say all that is wrong with them",
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := openScenarios(args, "", false)
			if err != nil {
				return err
			}
			for _, s := range list {
				fmt.Printf("%s: good, %d cells × %d repetitions\n", s.File, len(s.Cells()), s.Repetitions)
			}
			return nil
		},
	})
	return c
}
