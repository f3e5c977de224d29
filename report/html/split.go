package html

import (
	"rtbench/report"
	"rtbench/report/result"
)

// A splitView shows where the cost of each protocol goes under one load, by metric.
type splitView struct {
	Title   string
	Metrics []splitMetric
}

type splitMetric struct {
	Name string
	Rows []splitRow
}

// A splitRow has the parts of a protocol's cost with their shares of the largest in percent.
type splitRow struct {
	Protocol, Stock string
	Color           int
	Parts           []splitPart
}

type splitPart struct {
	Class, Name, Text string
	Share             float64
}

func splitsOf(results []result.Named) (out []splitView) {
	look := newPalette()
	for _, n := range results {
		for _, s := range report.SplitCosts(n.Result) {
			if len(out) == 0 || out[len(out)-1].Title != s.Title {
				out = append(out, splitView{Title: s.Title})
			}
			last := &out[len(out)-1]
			last.Metrics = append(last.Metrics, splitMetricOf(s, look))
		}
	}
	return out
}

func splitMetricOf(s report.Splits, look palette) splitMetric {
	m := splitMetric{Name: s.By.Label}
	most := 0.0
	for _, r := range s.Rows {
		_, sum := r.Bar(s.By)
		most = max(most, r.Stock, sum)
	}
	for _, r := range s.Rows {
		bar, _ := r.Bar(s.By)
		m.Rows = append(m.Rows, splitRow{
			Protocol: protocolName(r.Protocol), Stock: s.By.Format(r.Stock), Color: look.color(r.Protocol),
			Parts: []splitPart{
				{"floor", "floor", s.By.Format(r.Floor), percent(bar[0] / most)},
				{"protocol", "protocol", s.WithInterval(r.Part), percent(bar[1] / most)},
				{"library", "library", s.WithInterval(r.Library), percent(bar[2] / most)},
			},
		})
	}
	return m
}
