package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report"
	"rtbench/report/html"
	"rtbench/report/live"
	"rtbench/report/result"
	"rtbench/scenarios"
)

func runCommand() *cobra.Command {
	var out, target, baseline string
	var quick bool
	var view viewFlags
	var read scenarioFlags
	c := &cobra.Command{
		Use:   "run [SCENARIO…]",
		Short: "Run scenarios (files or built-in names; default: the built-in suite guide)",
		Long: `Runs scenarios, prints the results as tables and writes a result directory. Unless the
scenario or --target names a server, each repetition starts a fresh reference server.
Repetitions are interleaved over the protocols.

` + profilesHelp() + `
Exit codes: 0 success · 1 failed · 2 usage · 99 threshold failed · 104 invalid scenario ·
105 interrupted · 113 no usable measurement · 114 agent lost · 115 no baseline for a threshold`,
		Example: `  rtbench run
  rtbench run echo --quick
  rtbench run echo --stack stock,lean
  rtbench run mine.yaml --out results/mine
  rtbench run mine.yaml --profile release --set load.rate=50k/s
  rtbench run mine.yaml --baseline results/mine --out results/mine-2
  rtbench run mine.yaml --prometheus 127.0.0.1:9464 --quiet
  rtbench serve & rtbench run push --target 127.0.0.1:9000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"guide"}
			}
			list, err := read.open(args, target, quick)
			if err != nil {
				return err
			}
			base, err := openBaseline(list, baseline)
			if err != nil {
				return err
			}
			return view.run(cmd.Context(), list, base, out)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "write the result to `DIR` (default results/TIME-NAME)")
	c.Flags().StringVar(&target, "target", "", "`ADDRESS` of a running server: control address of 'rtbench serve'; URL of any server with the guide's API, such as ws://127.0.0.1:8000; or, for a custom target, a URL that replaces the scenario's")
	c.Flags().StringVar(&baseline, "baseline", "", "stored `RESULT` for thresholds that refer to base.…")
	c.Flags().BoolVar(&quick, "quick", false, "one short repetition per cell, to check that everything works")
	read.registerProfile(c)
	read.registerStack(c)
	read.registerSet(c)
	view.register(c)
	view.registerRun(c)
	view.fleet.register(c)
	return c
}

// referenceServer returns the command that starts the reference servers on free ports.
func referenceServer(fault string) ([]string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the executable of rtbench: %w", err)
	}
	command := []string{exe, "serve", "--json", "--until-stdin-ends", "--port", "all=0"}
	if fault != "" {
		command = append(command, "--fault", fault)
	}
	return command, nil
}

func (v viewFlags) run(ctx context.Context, list []*scenarios.Scenario, baseline *result.Result, out string) error {
	if err := checkLoad(list, v.fleet); err != nil {
		return err
	}
	server, err := referenceServer("")
	if err != nil {
		return err
	}
	agents, endFleet, err := v.fleet.start(ctx, list, v.quiet)
	if err != nil {
		return err
	}
	defer endFleet()
	v.fleet.explainCollect(agents, v.quiet)
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	dir, err := claimOutput(out, strings.Join(names, "-"))
	if err != nil {
		return err
	}
	defer dir.release()
	watch, err := v.watch(live.Options{})
	if err != nil {
		return err
	}
	defer watch.close()
	warnProxy(list)
	var opened sync.Once
	var openErr error
	res, err := loadgen.Run(ctx, loadgen.Options{
		Scenarios: list, Server: server, Baseline: baseline, Fleet: agents,
		OnRepetition: func(side string, res *result.Result, c *result.Cell, r *result.Repetition) {
			dir.keep(side, res, c, r)
			if v.onOpen != nil && r.Phases.Warmup+r.Phases.Steady+r.Phases.Drain > 0 {
				opened.Do(func() {
					if err := v.onOpen(); err != nil {
						openErr = exitError(exitFailed, "%w", err)
					}
				})
			}
		},
		OnStatus: watch.Show,
	})
	watch.close()
	if err != nil {
		return addHint(err)
	}
	_, err = v.deliver(dir, res)
	return errors.Join(err, openErr, v.runError(res))
}

// deliver stores a result with its report and prints it. It returns the directory, empty if the result could not
// be stored.
func (v viewFlags) deliver(dir *output, res *result.Result) (at string, err error) {
	// Store the result before printing: the reader of stdout may close it.
	at, storeErr := dir.store(map[string]*result.Result{"": res}, func(at string) error {
		return writeReport(at, func(w io.Writer) error { return html.Write(w, []result.Named{{Dir: at, Result: res}}, nil) })
	})
	if err := v.print(os.Stdout, res); err != nil {
		return at, errors.Join(storeErr, err)
	}
	v.printPlace(at)
	return at, storeErr
}

// print writes the first screen of a result, or everything with --verbose.
func (v viewFlags) print(w io.Writer, r *result.Result) error {
	if v.verbose {
		return report.Details(w, r)
	}
	return report.Summary(w, r)
}

// printPlace says where a result is, if it could be stored, and how to see more of it.
func (v viewFlags) printPlace(at string) {
	if at == "" {
		return
	}
	where := at
	if page := filepath.Join(at, html.FileName); exists(page) {
		where = page
	}
	fmt.Printf("Result: %s\n", where)
	if !v.verbose {
		fmt.Printf("Details: rtbench report %s --why\n", at)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
