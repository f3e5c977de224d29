package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/report/export"
	"rtbench/report/live"
)

// A viewFlags is what the user asked of what is shown while a run goes on.
type viewFlags struct {
	quiet, noColor   bool
	prometheus, otlp string // where live figures go, besides the terminal
	// onOpen is called once, between repetitions, when one has opened its streams; may be nil.
	onOpen func() error
}

func (v *viewFlags) register(c *cobra.Command) {
	c.PersistentFlags().BoolVarP(&v.quiet, "quiet", "q", false, "show nothing while it runs")
	c.PersistentFlags().BoolVar(&v.noColor, "no-color", false, "show it without colour, as NO_COLOR in the environment does")
}

func (v *viewFlags) registerExport(c *cobra.Command) {
	c.Flags().StringVar(&v.prometheus, "prometheus", "", "answer Prometheus with the live figures at http://`ADDR`/metrics while it runs, such as 127.0.0.1:9464")
	c.Flags().StringVar(&v.otlp, "otlp", "", "send the live figures to an OTLP/HTTP collector at `URL` every few seconds, such as http://127.0.0.1:4318")
}

// startExport begins to give figures to where the user wants them. What cannot begin is an
// error; what fails later is told by end, which ends it all, and is no failure of the run.
func (v viewFlags) startExport() (note func(live.Status), end func() []error, err error) {
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
			return nil, nil, usageError("--prometheus: %w", err)
		}
		closers = append(closers, e.Close)
		if !v.quiet {
			fmt.Fprintf(os.Stderr, "Prometheus: %s\n", e.URL())
		}
	}
	return f.Note, end, nil
}

// warn says what went wrong beside the run, a line each.
func warn(list []error) {
	for _, err := range list {
		fmt.Fprintf(os.Stderr, "warning: %s\n", sanitize(strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
}

func (v viewFlags) live() *live.View { return v.liveOptions(live.Options{}) }

// liveOptions is a live view with opts, and what the user asked for.
func (v viewFlags) liveOptions(opts live.Options) *live.View {
	opts.Quiet, opts.NoColor = v.quiet, v.noColor
	return live.New(os.Stderr, opts)
}
