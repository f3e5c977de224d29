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
	c.PersistentFlags().StringVar(&v.prometheus, "prometheus", "", "serve live metrics for Prometheus at http://`ADDR`/metrics, such as 127.0.0.1:9464")
	c.PersistentFlags().StringVar(&v.otlp, "otlp", "", "send live metrics to the OTLP/HTTP collector at `URL`, such as http://127.0.0.1:4318")
}

// registerRun registers the flags of commands that run scenarios.
func (v *viewFlags) registerRun(c *cobra.Command) {
	v.registerVerbose(c)
	v.registerStrict(c)
}

func (v *viewFlags) registerStrict(c *cobra.Command) {
	c.Flags().BoolVar(&v.strict, "strict", false, "exit with 113 if any metric is not usable or only bounded")
}

// registerVerbose registers --verbose for commands that print a result.
func (v *viewFlags) registerVerbose(c *cobra.Command) {
	c.Flags().BoolVarP(&v.verbose, "verbose", "v", false, "print all tables, intervals and reasons instead of one screen")
}

// A watch shows the progress of a command that measures, and exports its metrics.
type watch struct {
	*live.View
	metrics export.Metrics
	closers []func() error
}

// watch starts a live view with opts and the user's flags, and the exporters. close must be called.
func (v viewFlags) watch(opts live.Options) (*watch, error) {
	w := &watch{}
	if v.otlp != "" {
		s, err := export.Send(v.otlp, &w.metrics)
		if err != nil {
			return nil, usageError("--otlp: %w", err)
		}
		w.closers = append(w.closers, s.Close)
	}
	if v.prometheus != "" {
		e, err := export.Serve(v.prometheus, &w.metrics)
		if err != nil {
			w.close()
			return nil, usageError("--prometheus: %w; expected an address such as 127.0.0.1:9464", err)
		}
		w.closers = append(w.closers, e.Close)
		if !v.quiet {
			fmt.Fprintf(os.Stderr, "Prometheus: %s\n", e.URL())
		}
	}
	opts.Quiet, opts.NoColor = v.quiet, v.noColor
	w.View = live.New(os.Stderr, opts)
	return w, nil
}

// Show shows and exports a status.
func (w *watch) Show(s result.Status) {
	w.View.Show(s)
	w.metrics.Note(s)
}

// ShowAtMost is Show for a run that may end before its last repetition.
func (w *watch) ShowAtMost(s result.Status) {
	s.AtMost = true
	w.Show(s)
}

// close clears the view and stops the exporters, whose errors are warnings: they do not fail the run.
// Calling it again has no effect.
func (w *watch) close() {
	if w.View != nil {
		w.Clear()
	}
	for _, c := range w.closers {
		if err := c(); err != nil {
			warn([]error{err})
		}
	}
	w.closers = nil
}

// warn prints each error as a warning on one line.
func warn(list []error) {
	for _, err := range list {
		fmt.Fprintf(os.Stderr, "warning: %s\n", sanitize(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
}
