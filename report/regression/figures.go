// Package regression says whether a server got slower: of two targets that were
// run in pairs (a gate), or of two stored results (a comparison). It turns
// results into samples, asks stats for the evidence, and puts the answer into one
// Comparison. It is pure: it runs, reads and prints nothing.
package regression

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/result"
)

// A Figure is a way to be slower.
type Figure struct {
	// Name is its word in flags, tables and JSON.
	Name string
	Unit string // ns or msg/s
	// Value is the figure of a repetition, NaN where it is not known.
	Value func(*result.Repetition) float64
	// MoreIsWorse is true for times and costs, false for throughput.
	MoreIsWorse bool
	// closed says that it tells something in closed loop only: in open loop the plan
	// sets it.
	closed bool
}

// Figures lists every figure.
var Figures = []Figure{
	{Name: "p50", Unit: "ns", Value: percentile(50), MoreIsWorse: true},
	{Name: "p99", Unit: "ns", Value: percentile(99), MoreIsWorse: true},
	{Name: "server_cpu", Unit: "ns", Value: func(r *result.Repetition) float64 { return r.CPUPerMessage(r.Server) }, MoreIsWorse: true},
	{Name: "throughput", Unit: "msg/s", Value: (*result.Repetition).Throughput, closed: true},
}

func percentile(p float64) func(*result.Repetition) float64 {
	return func(r *result.Repetition) float64 {
		at, ok := r.Response.Percentile(p)
		if !ok {
			return math.NaN()
		}
		return float64(at)
	}
}

// FiguresNamed finds figures by their names, all of them for none. The error
// names the unknown one and what there is.
func FiguresNamed(names []string) ([]Figure, error) {
	if len(names) == 0 {
		return Figures, nil
	}
	var out []Figure
	for _, name := range names {
		i := slices.IndexFunc(Figures, func(f Figure) bool { return f.Name == name })
		if i < 0 {
			all := make([]string, len(Figures))
			for k, f := range Figures {
				all[k] = f.Name
			}
			return nil, fmt.Errorf("there is no figure %q, only %s", name, strings.Join(all, ", "))
		}
		out = append(out, Figures[i])
	}
	return out, nil
}

// of says whether the figure tells something of a cell.
func (f Figure) of(c result.Config) bool { return !f.closed || c.Model == "closed" }
