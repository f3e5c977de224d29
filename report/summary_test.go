package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rtbench/internal/golden"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// madeUpRates returns a result of two protocols at four rates.
func madeUpRates(t *testing.T) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for i, rate := range []float64{1000, 2000, 5000, 10000} {
		for j, protocol := range []string{"websocket", "grpc"} {
			c := madeUpCell(t, "echo", protocol, 4000, 6, time.Duration((1+i*i)*(100+100*j))*time.Microsecond)
			c.Config.Rate, c.Config.Axes = rate, fmt.Sprintf("rate=%g", rate)
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

// madeUpGrid returns a result of two protocols at three rates, each over three numbers of connections.
func madeUpGrid(t *testing.T) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for i, rate := range []float64{1000, 2000, 5000} {
		for j, connections := range []int{1, 4, 16} {
			for k, protocol := range []string{"websocket", "grpc"} {
				at := time.Duration((1+i+j*j)*100+50*k*j) * time.Microsecond
				c := madeUpCell(t, "echo", protocol, 4000, 6, at)
				c.Config.Rate, c.Config.Connections, c.Config.Axes = rate, connections, fmt.Sprintf("rate=%g/connections=%d", rate, connections)
				r.Cells = append(r.Cells, c)
			}
		}
	}
	return r
}

// madeUpClosed returns a result of a closed loop: a protocol at two topologies, and one whose replies rtbench read
// slowly.
func madeUpClosed(t *testing.T) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for i, c := range []*result.Cell{
		madeUpCell(t, "echo", "websocket", 4000, 6, 100*time.Microsecond), madeUpCell(t, "echo", "grpc", 4000, 6, 200*time.Microsecond),
		madeUpCell(t, "echo", "grpc", 4000, 6, 110*time.Microsecond),
	} {
		c.Config.Model, c.Config.Rate, c.Config.Arrivals, c.Config.Axes = "closed", 0, "", "topology=each"
		if i == 2 {
			c.Config.Axes, c.Config.Connections, c.Config.Streams = "topology=one", 1, 16
		}
		for at, rep := range c.Repetitions {
			rep.Counters.Recorded = uint64(4000*(1+i) + at)
			if i == 0 {
				slow := result.Finding{Word: result.Limited, Kind: result.ReadSlowly, Reason: "the generator read slowly", Unusable: []string{"p50", "p99", result.ThroughputMetric}}
				rep.Validity = result.Validity{Unusable: slow.Unusable, Findings: []result.Finding{slow}}
			}
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

func TestSummary(t *testing.T) {
	single := &result.Result{Version: result.Version, Cells: []*result.Cell{madeUpCell(t, "echo", "websocket", 4000, 1, time.Millisecond)}}
	single.Cells[0].Repetitions[0].Counters.Due = 4000
	for name, r := range map[string]*result.Result{
		"made-up": madeUpResult(t), "rates": madeUpRates(t), "grid": madeUpGrid(t), "closed": madeUpClosed(t), "single": single, "custom": madeUpCustom(t), "notes": broadcasts(t), "nothing": {Version: result.Version},
	} {
		for _, width := range []int{40, 80, 200} {
			var out bytes.Buffer
			p := &printer{w: &out, width: width}
			if p.summary(r); p.err != nil {
				t.Fatal(p.err)
			}
			golden.Check(t, fmt.Sprintf("testdata/summary-%s.%d", name, width), out.Bytes())
			checkWidth(t, out.String(), width)
		}
	}
}

// Where there is no room for columns of the load, it stands above its rows.
func TestLoadsAboveRows(t *testing.T) {
	var out bytes.Buffer
	p := &printer{w: &out, width: 36}
	if p.summary(madeUpGrid(t)); p.err != nil {
		t.Fatal(p.err)
	}
	checkWidth(t, out.String(), 36)
	for _, want := range []string{"\n  1k/s, 4 connections:\n  websocket  216 µs\n", "\n  ▂▃▆ ▃▄▆ ▄▄█  websocket p99\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func checkWidth(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
			t.Errorf("%d columns: a line takes %d: %s", width, n, line)
		}
	}
}

// The first screen of the default suite, with all its tables and limits, leaves room on 30 lines for the
// path of the report.
func TestDefaultSuiteFitsTheScreen(t *testing.T) {
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for _, stack := range []string{"stock", "lean"} {
		for i, pattern := range []string{"echo", "push"} {
			for j, protocol := range []string{"tcp", "websocket", "sse", "grpc"} {
				c := madeUpCell(t, pattern, protocol, 4000, 7, time.Duration(80+20*i+60*j)*time.Microsecond)
				c.Config.Stack, c.Config.Axes = stack, "stack="+stack
				for _, rep := range c.Repetitions {
					rep.Low = rep.Lag
					rep.Validity = result.Judge(c.Config, rep, 4)
				}
				r.Cells = append(r.Cells, c)
			}
		}
	}
	var out bytes.Buffer
	p := &printer{w: &out, width: 80}
	if p.summary(r); p.err != nil {
		t.Fatal(p.err)
	}
	if n := strings.Count(out.String(), "\n"); n > 28 || !strings.Contains(out.String(), "≤") {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}

// A time of which only an upper bound is known has a light bar from 0.
func TestBarOfUpperBound(t *testing.T) {
	c := madeUpCell(t, "echo", "websocket", 4000, 6, 100*time.Microsecond)
	for _, r := range c.Repetitions {
		r.Validity = result.Validity{Unusable: []string{"p50"}, AtMost: []string{"p50"}, Findings: []result.Finding{{Unusable: []string{"p50"}, AtMost: true}}}
	}
	g := Groups(&result.Result{Cells: []*result.Cell{c}})[0]
	low, high := g.Extent(metric.Time(50), 0)
	if low != 0 || !(high > 0) || g.Largest(metric.Time(50)) != high {
		t.Errorf("from %v to %v, largest %v", low, high, g.Largest(metric.Time(50)))
	}
	if got := bar(0, 0.5); got != "░░░   " {
		t.Errorf("bar %q", got)
	}
}

func TestJoinValues(t *testing.T) {
	for want, values := range map[string][]string{
		"1, 4 and 16 connections": {"1 connection", "4 connections", "16 connections"},
		"1k/s and 2k/s":           {"1k/s", "2k/s"},
		"128 B text and stock":    {"128 B text", "stock"},
	} {
		if got := joinValues(values); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The sentence names the protocols in front, and says so if no order can be told.
func TestSentence(t *testing.T) {
	cell := func(protocol string, p50, cpu time.Duration, repetitions int) *result.Cell {
		c := madeUpCell(t, "echo", protocol, 4000, repetitions, p50)
		for _, r := range c.Repetitions {
			r.Server.CPU = 4000 * cpu
		}
		return c
	}
	const us = time.Microsecond
	for name, c := range map[string]struct {
		cells []*result.Cell
		want  string
	}{
		"both by one": {
			[]*result.Cell{cell("tcp", 50*us, 10*us, 6), cell("websocket", 100*us, 20*us, 6), cell("grpc", 200*us, 40*us, 6)},
			"websocket is fastest and needs the least server CPU (grpc: p50 ×1.99, CPU ×2.00); 95 % confidence.",
		},
		"one each": {
			[]*result.Cell{cell("websocket", 100*us, 40*us, 6), cell("grpc", 200*us, 20*us, 6)},
			"websocket is fastest (p50: grpc ×1.99); grpc needs the least server CPU (websocket ×2.00); 95 % confidence.",
		},
		"equal": {
			[]*result.Cell{cell("websocket", 100*us, 20*us, 6), cell("grpc", 100*us, 20*us, 6)},
			"websocket and grpc are equally fast and need the same server CPU (p50 within 2 %, CPU within 1 %); 95 % confidence.",
		},
		"two ahead of a third": {
			[]*result.Cell{noisyCell(t, "websocket", 1, 2), noisyCell(t, "sse", 2, 1), noisyCell(t, "grpc", 9, 10)},
			"websocket, sse and grpc are equally fast (p50 within 2 %); websocket or sse needs the least server CPU (undecided), not grpc (×6.33 against websocket); 95 % confidence.",
		},
		"too few": {
			[]*result.Cell{cell("websocket", 100*us, 20*us, 3), cell("grpc", 200*us, 20*us, 3)},
			"no order can be told from 3 repetitions, 6 are needed (--profile release).",
		},
		"one": {[]*result.Cell{cell("websocket", 100*us, 20*us, 6)}, ""},
		"floor": {
			[]*result.Cell{cell("tcp", 100*us, 20*us, 6), cell("websocket", 100*us, 40*us, 6)},
			"websocket compared with raw TCP: p50 no difference shown, server CPU ×2.00, 95 % confidence.",
		},
		"floor, too few": {
			[]*result.Cell{cell("tcp", 100*us, 20*us, 1), cell("websocket", 100*us, 40*us, 1)},
			"websocket compared with raw TCP: p50 ×1.02, server CPU ×2.00, not certain with fewer than 6 usable repetitions.",
		},
	} {
		g := Groups(&result.Result{Cells: c.cells})[0]
		if got := g.Sentence(); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Three repetitions do not show that protocols are equal, however close they are.
func TestFewRepetitionsAreNotEven(t *testing.T) {
	g := Groups(&result.Result{Cells: []*result.Cell{
		madeUpCell(t, "echo", "websocket", 4000, 3, 100*time.Microsecond), madeUpCell(t, "echo", "grpc", 4000, 3, 100*time.Microsecond),
	}})[0]
	if o, ok := g.rank(metric.Time(50)); !ok || o.even() || len(o.front) != 2 {
		t.Errorf("order = %+v, %t", o, ok)
	}
}

// noisyCell returns a cell of six repetitions whose server CPU per message is a and b µs in turn.
func noisyCell(t *testing.T, protocol string, a, b time.Duration) *result.Cell {
	t.Helper()
	c := madeUpCell(t, "echo", protocol, 4000, 6, 100*time.Microsecond)
	for i, r := range c.Repetitions {
		r.Server.CPU = 4000 * time.Microsecond * []time.Duration{a, b}[i%2]
	}
	return c
}

// A cell is in front unless another is shown to be ahead of it; noise leaves all in front.
func TestRankWithNoise(t *testing.T) {
	g := Groups(&result.Result{Cells: []*result.Cell{noisyCell(t, "websocket", 10, 20), noisyCell(t, "grpc", 20, 10)}})[0]
	_, cost := criteria(g.Config())
	o, ok := g.rank(cost)
	if !ok || len(o.front) != 2 || o.even() || o.pairs != metric.MinPairs {
		t.Errorf("order = %+v, %t", o, ok)
	}
	if slices.Contains(o.behind, 0) || slices.Contains(o.behind, 1) {
		t.Error("noise decided")
	}
}
