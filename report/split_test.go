package report

import (
	"bytes"
	"math"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// madeUpStacks returns a result over both stacks, with the given CPU times per message.
func madeUpStacks(t *testing.T, stock, lean map[string]time.Duration) *result.Result {
	t.Helper()
	r := &result.Result{Version: result.Version, Started: madeUpStart}
	for _, stack := range []string{"stock", "lean"} {
		for _, protocol := range []string{"tcp", "websocket", "grpc"} {
			c := madeUpCell(t, "echo", protocol, 4000, 7, 100*time.Microsecond)
			c.Config.Stack, c.Config.Axes = stack, "stack="+stack
			for i, rep := range c.Repetitions {
				cpu := map[string]map[string]time.Duration{"stock": stock, "lean": lean}[stack][protocol]
				rep.Server.CPU = 4000 * (cpu + time.Duration(i)*time.Microsecond) // the machine slows down
			}
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

func TestSplit(t *testing.T) {
	const us = time.Microsecond
	r := madeUpStacks(t,
		map[string]time.Duration{"tcp": 30 * us, "websocket": 36 * us, "grpc": 60 * us},
		map[string]time.Duration{"tcp": 20 * us, "websocket": 21 * us, "grpc": 18 * us})
	all := SplitCosts(r)
	if len(all) == 0 || all[0].By.Name != quantity.ServerCPU.Name || len(all[0].Rows) != 2 {
		t.Fatalf("splits = %+v", all)
	}
	for i, want := range []struct{ floor, part, library, stock float64 }{{23e3, 1e3, 15e3, 39e3}, {23e3, -2e3, 42e3, 63e3}} {
		s := all[0].Rows[i]
		for name, v := range map[string][2]float64{
			"floor": {s.Floor, want.floor}, "protocol": {s.Part.Median, want.part}, "low": {s.Part.Low, want.part},
			"library": {s.Library.Median, want.library}, "high": {s.Library.High, want.library}, "stock": {s.Stock, want.stock},
		} {
			if math.Abs(v[0]-v[1]) > 1 {
				t.Errorf("%s, %s: %v, want %v", s.Protocol, name, v[0], v[1])
			}
		}
	}
	for _, width := range []int{40, 80} {
		var out bytes.Buffer
		p := &printer{w: &out, width: width}
		if p.summary(r); p.err != nil {
			t.Fatal(p.err)
		}
		golden.Check(t, "testdata/"+map[int]string{40: "summary-stacks.40", 80: "summary-stacks.80"}[width], out.Bytes())
		checkWidth(t, out.String(), width)
	}
}

// A part whose interval contains 0 is not said to be 0.
func TestUndecidedPart(t *testing.T) {
	s := Splits{By: metric.For(quantity.ServerCPU)}
	for want, in := range map[string]stats.Interval{
		"up to 9.00 µs": {Low: -2000, Median: 3000, High: 9000, N: 7},
		"3.00 µs":       {Low: 1000, Median: 3000, High: 9000, N: 7},
		"−3.00 µs":      {Low: -4000, Median: -3000, High: -1000, N: 7},
	} {
		if got := s.part(in); got != want {
			t.Errorf("%+v: %s, want %s", in, got, want)
		}
	}
}

// Without the lean floor or the stock stack there is no split.
func TestNoSplit(t *testing.T) {
	r := madeUpStacks(t, map[string]time.Duration{}, map[string]time.Duration{})
	lean := &result.Result{Version: result.Version, Cells: r.Cells[3:]}
	floorless := &result.Result{Version: result.Version, Cells: append(append([]*result.Cell{}, r.Cells[:3]...), r.Cells[4:]...)}
	for name, of := range map[string]*result.Result{"lean only": lean, "no floor": floorless} {
		if all := SplitCosts(of); len(all) != 0 {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestBarIsAsLongAsTheCost(t *testing.T) {
	t.Parallel()
	part := func(v float64) stats.Interval { return stats.Interval{Median: v} }
	for name, c := range map[string]struct {
		split Split
		want  [3]float64
	}{
		"all add":            {Split{Floor: 20, Stock: 60, Part: part(10), Library: part(30)}, [3]float64{20, 10, 30}},
		"the protocol saves": {Split{Floor: 20, Stock: 45, Part: part(-5), Library: part(30)}, [3]float64{15, 0, 30}},
		"the library saves":  {Split{Floor: 20, Stock: 22, Part: part(10), Library: part(-8)}, [3]float64{20, 2, 0}},
		"it saves more":      {Split{Floor: 20, Stock: 18, Part: part(10), Library: part(-12)}, [3]float64{18, 0, 0}},
	} {
		got, sum := c.split.Bar(metric.For(quantity.ServerCPU))
		if got != c.want || sum != c.split.Stock {
			t.Errorf("%s: %v, in all %v; want %v", name, got, sum, c.want)
		}
	}
}
