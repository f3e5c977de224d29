package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/report/export"
	"rtbench/report/live"
	"rtbench/report/result"
)

// viewFlags control the live view, the export of live metrics, and what fails a run.
type viewFlags struct {
	strict           bool // bounds and doubts fail the run
	quiet, noColor   bool
	verbose          bool   // print everything instead of the first screen
	prometheus, otlp string // export addresses; empty: no export
	fleet            fleetFlags
	// onOpen is called once, after the first repetition that opened its streams; may be nil.
	onOpen func() error
}

func (v *viewFlags) register(c *cobra.Command) {
	c.PersistentFlags().BoolVarP(&v.quiet, "quiet", "q", false, "show no progress")
	c.PersistentFlags().BoolVar(&v.noColor, "no-color", false, "show progress without colour, as with NO_COLOR in the environment")
}

// registerRun registers the flags of commands that run scenarios.
func (v *viewFlags) registerRun(c *cobra.Command) {
	v.registerVerbose(c)
	v.registerStrict(c)
	c.Flags().StringVar(&v.prometheus, "prometheus", "", "serve live metrics for Prometheus at http://`ADDR`/metrics, such as 127.0.0.1:9464")
	c.Flags().StringVar(&v.otlp, "otlp", "", "send live metrics to the OTLP/HTTP collector at `URL`, such as http://127.0.0.1:4318")
}

func (v *viewFlags) registerStrict(c *cobra.Command) {
	c.Flags().BoolVar(&v.strict, "strict", false, "exit with 113 if any metric is not usable or only bounded")
}

// registerVerbose registers --verbose for commands that print a result.
func (v *viewFlags) registerVerbose(c *cobra.Command) {
	c.Flags().BoolVarP(&v.verbose, "verbose", "v", false, "print all tables, intervals and reasons instead of one screen")
}

// startExport starts the exporters. note passes them a status. end stops them and returns
// their errors, which do not fail the run.
func (v viewFlags) startExport() (note func(result.Status), end func() []error, err error) {
	var f export.Metrics
	var closers []func() error
	end = func() []error {
		var out []error
		for _, c := range closers {
			if err := c(); err != nil {
				out = append(out, err)
			}
		}
		return out
	}
	if v.otlp != "" {
		s, err := export.Send(v.otlp, &f)
		if err != nil {
			return nil, nil, usageError("--otlp: %w", err)
		}
		closers = append(closers, s.Close)
	}
	if v.prometheus != "" {
		e, err := export.Serve(v.prometheus, &f)
		if err != nil {
			end()
			return nil, nil, usageError("--prometheus: %w; expected an address such as 127.0.0.1:9464", err)
		}
		closers = append(closers, e.Close)
		if !v.quiet {
			fmt.Fprintf(os.Stderr, "Prometheus: %s\n", e.URL())
		}
	}
	return f.Note, end, nil
}

// warn prints each error as a warning on one line.
func warn(list []error) {
	for _, err := range list {
		fmt.Fprintf(os.Stderr, "warning: %s\n", sanitize(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
}

func (v viewFlags) live() *live.View { return v.liveOptions(live.Options{}) }

// liveOptions returns a live view with opts and the user's flags.
func (v viewFlags) liveOptions(opts live.Options) *live.View {
	opts.Quiet, opts.NoColor = v.quiet, v.noColor
	return live.New(os.Stderr, opts)
}
