package report

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rtbench/internal/golden"
	"rtbench/report/capacity"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
	"rtbench/scenarios/cell"
)

// madeUpSearch returns a search whose servers take a made-up number of messages per second. The generator
// reaches only limit; 0 means any rate.
func madeUpSearch(t *testing.T, limit float64, knees map[string]float64, names ...string) *result.Result {
	t.Helper()
	r := madeUpResult(t)
	r.Cells, r.Interrupted = nil, false
	r.Search = &result.Search{
		Objective: "p(99) < 10ms && failed_rate < 0.1%", Limits: []result.SearchLimit{{Metric: "p(99)", Quantity: "p", Value: 10e6, Unit: "ns", Percentile: 99}},
		Axis: "load.rate", Start: 4000, Least: 1, Most: 1e6, Precision: 0.05, Steps: 40, Seed: 1,
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for order := 0; ; order++ {
		_, i, x, more := capacity.Next([]*result.Result{r}, names)
		if !more {
			return r
		}
		name := names[i]
		id := fmt.Sprintf("made-up/echo/%s/rate=%g", name, x)
		c := r.Cell(id)
		if c == nil {
			c = madeUpCell(t, "echo", name, 4000, 0, 0)
			c.ID, c.Config.Rate, c.Config.Axes = id, x, fmt.Sprintf("rate=%g", x)
			r.Cells = append(r.Cells, c)
		}
		p99 := 100e6
		if full := knees[name] * 1.2; x < full {
			p99 = min(p99, 10e6*(1-1/1.2)/(1-x/full)*(1+0.1*rng.NormFloat64()))
		}
		rep := madeUpCell(t, "echo", name, 4000, 1, time.Duration(p99/2.6)).Repetitions[0]
		rep.Order, rep.Index = order, len(c.Repetitions)
		rep.Server.CPU = time.Duration(min(x/knees[name], 1.2) * 3.2e9)
		rep.Thresholds = []result.Outcome{{Text: r.Search.Objective, Holds: rep.Response.Quantile(99) < 10*time.Millisecond}}
		if limit > 0 && x > limit {
			rep.Validity = result.Validity{Discarded: true, Findings: []result.Finding{{Word: result.NotGenerated, Reason: "the planned load was not generated: 80 % of the planned messages were sent"}}}
		}
		c.Repetitions = append(c.Repetitions, rep)
	}
}

// madeUpOverloads adds repetitions with an overload: the first subject recovers, the second refuses messages and does
// not recover in one of them, and in another rtbench is late.
func madeUpOverloads(t *testing.T, r *result.Result) *result.Result {
	t.Helper()
	r.Search.Recover = &result.SearchRecovery{Factor: 1.5, Below: 0.5, For: 2 * time.Second, Repetitions: 6}
	for i, s := range capacity.Subjects(r) {
		c := madeUpCell(t, "echo", s.Name, 4000, 6, time.Millisecond)
		c.ID += "/overload"
		c.Config.Overload = cell.Overload{Rate: 1.5 * s.Answer.Interval.At, For: 2 * time.Second, Window: 100 * time.Millisecond}
		r.Cells = append(r.Cells, c)
		for j, rep := range c.Repetitions {
			drained, met := time.Duration(1500+10*j)*time.Millisecond, time.Duration(1400+10*j)*time.Millisecond
			v := &result.Recovery{Due: 120000, Backlog: 20000 + uint64(100*j), HeldBack: 15000, Drained: &drained, Met: &met, Watched: 4 * time.Second}
			v.Course = result.BacklogCourse{Every: 250 * time.Millisecond}
			for k := range 24 {
				v.Course.Messages = append(v.Course.Messages, uint64(max(0, min(k*2500, 20000-(k-8)*3500))))
			}
			rep.Counters.Due = 150000
			if rep.Recovery = v; i == 1 {
				rep.Counters.ErrorReplies = 50
				if j == 2 {
					v.Drained, v.Met = nil, nil
				}
				if j == 3 {
					v.Late = 9000
				}
			}
		}
	}
	return r
}

// idly makes both ends of all repetitions nearly idle.
func idly(r *result.Result) *result.Result {
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			rep.Server.CPU, rep.Client.CPU, rep.Client.Spin = 40*time.Millisecond, 300*time.Millisecond, 0
		}
	}
	return r
}

func TestSearchReports(t *testing.T) {
	t.Parallel()
	knees := map[string]float64{"websocket": 41000, "grpc": 25000}
	for name, r := range map[string]*result.Result{
		"found":     madeUpSearch(t, 0, knees, "websocket", "grpc"),
		"limited":   madeUpSearch(t, 30000, knees, "websocket", "grpc"),
		"recovered": madeUpOverloads(t, madeUpSearch(t, 0, knees, "websocket", "grpc")),
		"below":     madeUpSearch(t, 0, map[string]float64{"websocket": 0.1}, "websocket"),
		"idle":      idly(madeUpSearch(t, 0, map[string]float64{"websocket": 0.1}, "websocket")),
		"nothing":   {Version: result.Version, Search: &result.Search{Objective: "lost == 0", Axis: "load.connections"}},
	} {
		var screen bytes.Buffer
		if err := Summary(&screen, r); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/capacity-"+name, screen.Bytes())
		lines := strings.Split(strings.TrimSpace(screen.String()), "\n")
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%s: a line takes %d columns: %s", name, n, line)
			}
		}
		if len(lines) > 28 && name != "recovered" { // the command adds two
			t.Errorf("%s: %d lines", name, len(lines))
		}
		for _, f := range Formats {
			var out bytes.Buffer
			if err := f.Write(&out, r); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
			if f.Name == DetailsName || f.Name == "md" || f.Name == "junit" {
				golden.Check(t, "testdata/capacity-"+name+"."+f.Name, out.Bytes())
			}
		}
	}
}

// The caption has the lengths that overloads had, also if some were shortened.
func TestLengthsOfOverloads(t *testing.T) {
	t.Parallel()
	short, whole := RecoveryRow{Overload: 1500 * time.Millisecond}, RecoveryRow{Overload: 2 * time.Second}
	for want, rows := range map[string][]RecoveryRow{"2s": {whole, whole}, "1.5s": {short}, "1.5s to 2s": {short, whole}} {
		if got := (Recoveries{Rows: rows}).lengths(2 * time.Second); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A gate on the capacity in all formats: one protocol lost a quarter, the other is beyond the generator's limit
// in base.
func TestComparisonOfCapacities(t *testing.T) {
	t.Parallel()
	base := madeUpSearch(t, 30000, map[string]float64{"websocket": 41000, "grpc": 25000}, "websocket", "grpc")
	head := madeUpSearch(t, 30000, map[string]float64{"websocket": 24000, "grpc": 18700}, "websocket", "grpc")
	c := regression.CompareCapacity(base, head, 0.1, 0.05, true)
	c.Base, c.Head = "exec:./old", "exec:./new"
	for _, f := range ComparisonFormats {
		var out bytes.Buffer
		if err := f.Write(&out, c); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/capacity-comparison."+f.Name, out.Bytes())
	}
	if same := regression.CompareCapacity(base, base, 0.1, 0.05, false); same.Lines[1].Outcome != stats.Pass || same.Outcome != stats.Inconclusive {
		t.Errorf("a result against itself: %+v", same.Lines)
	}
}

// A run with a list of rates has the same curve as a search.
func TestListOfRatesIsDrawn(t *testing.T) {
	t.Parallel()
	r := madeUpResult(t)
	r.Cells = nil
	for _, rate := range []int{1000, 2000, 4000} {
		for _, protocol := range []string{"websocket", "grpc"} {
			c := madeUpCell(t, "echo", protocol, rate, 1, time.Duration(rate)*time.Microsecond)
			c.Config.Rate, c.Config.Axes = float64(rate), fmt.Sprintf("rate=%d", rate)
			c.ID += "/" + c.Config.Axes
			r.Cells = append(r.Cells, c)
		}
	}
	for name, write := range map[string]func(io.Writer, *result.Result) error{"details": Details, "md": Markdown} {
		var out bytes.Buffer
		if err := write(&out, r); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); !strings.Contains(text, "p99 by rate\n") || !strings.Contains(text, "● websocket  ◆ grpc\n") {
			t.Errorf("%s has no curve:\n%s", name, text)
		}
	}
}

// A server that fails while both ends are idle does not just wait.
func TestIdleServerThatFails(t *testing.T) {
	t.Parallel()
	r := idly(madeUpSearch(t, 0, map[string]float64{"websocket": 0.1}, "websocket"))
	r.Search.Limits = append(r.Search.Limits, result.SearchLimit{Metric: "failed_rate", Quantity: "failed_rate", Value: 0.01})
	notes := strings.Join(searchOf(r).notes(), "\n")
	if !strings.Contains(notes, "load does not explain why the objective is missed.") || strings.Contains(notes, "the server waits") {
		t.Error(notes)
	}
}
