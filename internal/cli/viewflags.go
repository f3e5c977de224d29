package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/report/export"
	"rtbench/report/live"
	"rtbench/report/result"
	"rtbench/scenarios"
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

// A progress is what the plan says of a run as a whole, for the time left.
type progress struct {
	cells  map[string]result.Config
	whole  time.Duration // warm-up and steady phase of each repetition of each cell
	runs   int           // repetitions in whole
	before time.Duration // of those that have ended
	atMost bool
}

func newProgress(list []*scenarios.Scenario) *progress {
	c := &progress{cells: map[string]result.Config{}}
	for _, s := range list {
		for _, cell := range loadgen.Cells([]*scenarios.Scenario{s}) {
			c.cells[cell.ID] = cell.Config
			c.whole += time.Duration(s.Repetitions) * (cell.Config.Warmup + cell.Config.Steady)
			c.runs += s.Repetitions
		}
	}
	return c
}

// status is where the run is, with its place in the whole. Statuses come in order. One
// that runs its cells in turn on two sides takes as many times the whole.
func (c *progress) status(s loadgen.Status) live.Status {
	st := liveStatus(s)
	if c.runs == 0 {
		return st
	}
	if s.Run == 1 && s.Done == nil {
		c.before = 0
	}
	cfg := c.cells[s.Cell]
	st.Protocol, st.Pattern, st.Times, st.AtMost = cfg.Protocol, cfg.Pattern, cfg.Times, c.atMost
	st.Plan, st.Before = cfg.Warmup+cfg.Steady, c.before
	st.Whole = time.Duration(float64(c.whole) * float64(s.Of) / float64(c.runs))
	if st.Done {
		c.before += st.Plan
	}
	return st
}

// liveStatus is where the run is, in the words of the live view.
func liveStatus(s loadgen.Status) live.Status {
	st := live.Status{
		Run: s.Run, Of: s.Of, Cell: s.Cell, Repetition: s.Repetition, Side: s.Side, Phase: s.Phase,
		Recorded: s.Recorded, P50: s.P50, P99: s.P99, Elapsed: s.Elapsed, Length: s.Length,
		Planned: s.Planned, Achieved: s.Achieved, ClientCores: s.ClientCores, ServerCores: s.ServerCores,
		HasPlan: s.HasPlan, ServerKnown: s.ServerKnown, FailedMessages: s.Failed, Errors: s.Errors,
	}
	if r := s.Done; r != nil {
		st.Done, st.Verdict, st.Failed = true, r.Validity.Verdict, r.Error
		st.Recorded, st.P50, st.P99 = r.Counters.Recorded, -1, -1
		if r.Response.Count() > 0 { // one-way times may have been refused
			st.P50, st.P99 = r.Response.Quantile(50), r.Response.Quantile(99)
		}
		st.FailedMessages, st.Errors = r.Counters.Failed, r.Counters.ErrorCount()
	}
	return st
}
