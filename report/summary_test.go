package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

func TestSummary(t *testing.T) {
	single := &result.Result{Version: result.Version, Cells: []*result.Cell{madeUpCell(t, "echo", "websocket", 4000, 1, time.Millisecond)}}
	for name, r := range map[string]*result.Result{
		"made-up": madeUpResult(t), "rates": madeUpRates(t), "single": single, "custom": madeUpCustom(t), "nothing": {Version: result.Version},
	} {
		for _, width := range []int{40, 80, 200} {
			var out bytes.Buffer
			p := &printer{w: &out, width: width}
			if p.summary(r); p.err != nil {
				t.Fatal(p.err)
			}
			golden(t, fmt.Sprintf("summary-%s.%d", name, width), out.Bytes())
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s, %d columns: a line takes %d: %s", name, width, n, line)
				}
			}
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
			"websocket is fastest and needs the least server CPU: grpc ×",
		},
		"one each": {
			[]*result.Cell{cell("websocket", 100*us, 40*us, 6), cell("grpc", 200*us, 20*us, 6)},
			"websocket is fastest; grpc needs the least server CPU: websocket ×2.00 the CPU, grpc ×",
		},
		"equal": {
			[]*result.Cell{cell("websocket", 100*us, 20*us, 6), cell("grpc", 100*us, 20*us, 6)},
			"websocket and grpc are equally fast (diff",
		},
		"too few": {
			[]*result.Cell{cell("websocket", 100*us, 20*us, 3), cell("grpc", 200*us, 20*us, 3)},
			"no order can be told from 3 repetitions, 6 are needed",
		},
		"one": {[]*result.Cell{cell("websocket", 100*us, 20*us, 6)}, ""},
		"floor": {
			[]*result.Cell{cell("tcp", 100*us, 20*us, 6), cell("websocket", 100*us, 40*us, 6)},
			"websocket compared with raw TCP: ",
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

// A cell is in front unless another is shown to be ahead of it; noise leaves all in front.
func TestRankWithNoise(t *testing.T) {
	noisy := func(protocol string, order ...int) *result.Cell {
		c := madeUpCell(t, "echo", protocol, 4000, len(order), 100*time.Microsecond)
		for i, r := range c.Repetitions {
			r.Server.CPU = time.Duration(4000*order[i]) * time.Microsecond
		}
		return c
	}
	g := Groups(&result.Result{Cells: []*result.Cell{noisy("websocket", 10, 20, 10, 20, 10, 20), noisy("grpc", 20, 10, 20, 10, 20, 10)}})[0]
	_, cost := criteria(g.Config())
	o, ok := g.rank(cost)
	if !ok || len(o.front) != 2 || o.even() || o.pairs != metric.MinPairs {
		t.Errorf("order = %+v, %t", o, ok)
	}
	if slices.Contains(o.behind, 0) || slices.Contains(o.behind, 1) {
		t.Error("noise decided")
	}
}
