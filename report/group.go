package report

import (
	"fmt"
	"slices"
	"strconv"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// FloorProtocol is the protocol that the others are compared with.
const FloorProtocol = "tcp"

// A Group holds the cells that differ only in protocol and result.
type Group struct {
	Title string
	Cells []metric.Cell
	// Results are the indices of the cells' results.
	Results []int
}

// Groups returns the groups of cells that ran, in the order of the results. The cells of a protocol
// follow each other.
func Groups(results ...*result.Result) []*Group {
	type place struct {
		result int
		cell   *result.Cell
	}
	var places Grouped[string, place]
	for i, r := range results {
		for _, c := range r.Cells {
			if len(c.Repetitions) > 0 {
				places.Add(Title(c.Config), place{i, c})
			}
		}
	}
	out := make([]*Group, len(places.Keys))
	for i, title := range places.Keys {
		out[i] = &Group{Title: title}
		var protocols Grouped[string, place]
		for _, p := range places.Of[title] {
			protocols.Add(p.cell.Config.Protocol, p)
		}
		for _, name := range protocols.Keys {
			for _, p := range protocols.Of[name] {
				out[i].Cells, out[i].Results = append(out[i].Cells, metric.Merge(p.cell)), append(out[i].Results, p.result)
			}
		}
	}
	return togetherByGroup(out)
}

// togetherByGroup orders the cells of each group of connections after each other.
func togetherByGroup(list []*Group) (out []*Group) {
	var groups Grouped[[2]string, *Group]
	for _, g := range list {
		c := g.Config()
		groups.Add([2]string{c.Scenario, c.Group}, g)
	}
	for _, key := range groups.Keys {
		out = append(out, groups.Of[key]...)
	}
	return out
}

// Config returns the configuration that the cells have in common, and the first one's protocol.
func (g *Group) Config() result.Config { return g.Cells[0].Config }

// Heads returns the headings of the table of metrics.
func Heads(list []metric.Metric, c result.Config) []string {
	var heads []string
	for _, m := range list {
		heads = append(heads, m.In(c).Head)
	}
	return heads
}

// existing returns the metrics of a table that the group's cells have.
func (g *Group) existing(v metric.Views) []metric.Metric {
	return slices.DeleteFunc(metric.In(v), func(m metric.Metric) bool { return !m.Exists(g.Config()) })
}

// table compares the protocols, first in absolute values and then relative to the floor.
func (g *Group) table() *table {
	list := g.existing(metric.Main)
	t := newTable(slices.Concat([]string{"protocol", "finding"}, Heads(list, g.Config()), []string{"lag p99"})...)
	for _, c := range g.Cells {
		row := []string{c.Config.Protocol, string(c.Word())}
		for _, m := range list {
			row = append(row, m.Text(c))
		}
		// The lag is shown even with few samples: any of them shows whether the sender was late.
		late := result.Unknown
		if c.Config.Model == "open" && c.Lag.Count() > 0 {
			late = result.Duration(float64(c.Lag.Quantile(99)))
		}
		t.add(append(row, late)...)
	}
	at := slices.IndexFunc(g.Cells, func(c metric.Cell) bool { return c.Config.Protocol == FloorProtocol })
	if at < 0 || len(g.Cells) == 1 {
		return t
	}
	floor := g.Cells[at]
	t.addRule()
	for _, c := range g.Cells {
		row := []string{c.Config.Protocol + " / " + floor.Config.Protocol, ""}
		for _, m := range list {
			row = append(row, Ratio(m.Value(c)/m.Value(floor)))
		}
		t.add(row...)
	}
	return t
}

// precision returns the table of confidence intervals: over the repetitions, or from the messages of
// a single one.
func (g *Group) precision() (caption string, t *table) {
	if g.repeated() {
		return g.Precision(), g.overRepetitions()
	}
	return g.Precision(), g.withinRepetition()
}

func (g *Group) repeated() bool {
	return slices.ContainsFunc(g.Cells, func(c metric.Cell) bool { return len(c.Repetitions) > 1 })
}

// Precision describes the confidence intervals of the group's metrics.
func (g *Group) Precision() string {
	most := 0
	for _, c := range g.Cells {
		most = max(most, len(c.Usable()))
	}
	switch {
	case most == 0:
		return "no repetition is usable, for the reasons above"
	case g.repeated():
		return fmt.Sprintf("exact intervals of the median over the repetitions that are used (order statistics): %.1f %% confidence with %s; %.0f %% needs %d",
			100*medianCoverage(most), result.Plural(most, "repetition"), 100*metric.Confidence, metric.MinPairs) + boundsCaption(g)
	}
	return fmt.Sprintf("one repetition: exact %.0f %% binomial intervals from its independent messages, which do not cover variation between runs", 100*metric.Confidence)
}

// boundsCaption explains bounds in place of intervals; empty if there are none.
func boundsCaption(g *Group) string {
	for _, c := range g.Cells {
		for _, m := range metric.In(metric.Precision) {
			if _, _, bounded := m.CellBounds(c); bounded {
				return "; A to B: bounds, because messages were sent late"
			}
		}
	}
	return ""
}

// medianCoverage returns the confidence of the interval of the median of n values.
func medianCoverage(n int) float64 {
	return stats.MedianInterval(make([]float64, n), metric.Confidence).Confidence
}

// withInterval formats the value of a cell with its interval, if it has one.
func withInterval(m metric.Metric, in stats.Interval) string {
	text := m.Format(in.Median)
	if in.N > 1 || in.Low < in.High {
		text += fmt.Sprintf(" [%s, %s]", m.Format(in.Low), m.Format(in.High))
	}
	return text
}

// overRepetitions shows the median of each metric over the repetitions that are used, its
// interval, and the number of repetitions if some lack the metric.
func (g *Group) overRepetitions() *table {
	list := metric.In(metric.Precision)
	t := newTable(slices.Concat([]string{"protocol"}, Heads(list, g.Config()), []string{"n", "confidence"})...)
	for _, c := range g.Cells {
		usable := len(c.Usable())
		row := []string{c.Config.Protocol}
		for _, m := range list {
			in := m.Interval(c)
			text := withInterval(m, in)
			if in.N > 0 && in.N < usable {
				text += fmt.Sprintf(" of %d", in.N)
			}
			if low, high, bounded := m.CellBounds(c); bounded {
				text = m.Format(low) + " to " + m.Format(high)
			}
			row = append(row, text)
		}
		covered := result.Unknown
		if usable > 1 {
			covered = fmt.Sprintf("%.1f %%", 100*medianCoverage(usable))
		}
		t.add(append(row, strconv.Itoa(usable), covered)...)
	}
	return t
}

// withinRepetition shows percentiles of a single repetition with the interval from its messages.
func (g *Group) withinRepetition() *table {
	list := []metric.Metric{metric.Time(50), metric.Time(90), metric.Time(99), metric.Time(99.9)}
	t := newTable(slices.Concat([]string{"protocol"}, Heads(list, g.Config()), []string{"independent", "correlation"})...)
	for _, c := range g.Cells {
		r, row := c.Repetitions[0], []string{c.Config.Protocol}
		for _, m := range list {
			row = append(row, withInterval(m, m.Interval(c)))
		}
		t.add(append(row, strconv.FormatInt(r.Independent(99), 10), fmt.Sprintf("%.2f", r.Series.Correlation))...)
	}
	return t
}

// EverOpened reports whether a stream of any cell was open; otherwise the tables would be empty.
func (g *Group) EverOpened() bool {
	return slices.ContainsFunc(g.Cells, func(c metric.Cell) bool { return !c.NeverOpened() })
}

// Grouped holds values by key, in the order in which the keys were added first. The zero value is
// empty.
type Grouped[K comparable, V any] struct {
	Keys []K
	Of   map[K][]V
}

// Add adds a value.
func (g *Grouped[K, V]) Add(key K, v V) {
	if g.Of == nil {
		g.Of = map[K][]V{}
	}
	if _, known := g.Of[key]; !known {
		g.Keys = append(g.Keys, key)
	}
	g.Of[key] = append(g.Of[key], v)
}
