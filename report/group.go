package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rtbench/report/result"
	"rtbench/report/stats"
)

// A group is the cells of a scenario that differ in nothing but the protocol.
type group struct {
	title string
	cells []*result.Cell
}

// groups returns the groups in the order of the result, without the cells that
// never ran.
func groups(r *result.Result) []*group {
	var out []*group
	byTitle := map[string]*group{}
	for _, c := range r.Cells {
		if len(c.Repetitions) == 0 {
			continue
		}
		t := Title(c.Config)
		g := byTitle[t]
		if g == nil {
			g = &group{title: t}
			byTitle[t] = g
			out = append(out, g)
		}
		g.cells = append(g.cells, c)
	}
	return out
}

func Title(c result.Config) string {
	load := "closed loop"
	if c.Model == result.ServerPaced {
		load = "at the server's pace"
	}
	if c.Model == "open" {
		load = fmt.Sprintf("open loop, %s %s", rate(c.Rate), c.Arrivals)
		for _, s := range c.Stages {
			load += fmt.Sprintf(" → %s in %v", rate(s.To), s.Over)
		}
	}
	if c.Think > 0 {
		load += fmt.Sprintf(", think %v", c.Think)
	}
	conns := result.Plural(c.Connections, "connection")
	if c.Streams > 1 {
		conns += fmt.Sprintf(" × %d streams", c.Streams)
	}
	how := ""
	if c.TLS {
		how = ", TLS"
	}
	if c.Engine != "" {
		how += ", server engine " + c.Engine
	}
	if c.Times != "" {
		how += " · " + c.TimeName() // these are never beside others
	}
	return fmt.Sprintf("%s · %s · %s · %s · %s%s", c.Scenario, c.Pattern, load, conns, Payload(c), how)
}

// Payload is how large a message is and what it is made of; the size of one that only a
// server of the user's own knows is left out.
func Payload(c result.Config) string {
	if c.Size == 0 && c.API == result.CustomAPI {
		return c.Encoding
	}
	return fmt.Sprintf("%d B %s", c.Size, c.Encoding)
}

// caption says what the figures of a group are.
func (g *group) caption() string {
	told := MatchCaption(g.cells[0].Config)
	if told != "" {
		told = "; " + told
	}
	agreed := strings.Join(Negotiated(g.cells...), "; ")
	if agreed != "" {
		agreed = "\nagreed on with the server: " + agreed
	}
	return fmt.Sprintf("%s%s; repetitions: %d, their histograms merged, other figures the median%s%s%s",
		TimesCaption(g.cells...), told, len(g.cells[0].Repetitions), g.engines()+g.batches(), agreed, g.partly())
}

// partly ends the caption with the number of repetitions in which times are not usable.
func (g *group) partly() string {
	var parts []string
	for _, c := range g.cells {
		all := len(c.Values(func(*result.Repetition) float64 { return 0 }))
		names, last := "", all
		for _, p := range timePercentiles {
			have := len(c.Values(func(r *result.Repetition) float64 {
				if !r.UsableTime(p) {
					return math.NaN()
				}
				return 0
			}))
			if have != last {
				name := TimeMetricName(c.Config, result.MetricName(p))
				if p < result.Maximum {
					name += " and above"
				}
				names += fmt.Sprintf(", %s in %d", name, all-have)
				last = have
			}
		}
		if names != "" {
			parts = append(parts, fmt.Sprintf("%s%s of %s", c.Config.Protocol, strings.TrimPrefix(names, ","), result.Plural(all, "repetition")))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "\ntimes not usable (the reasons are at the top; ≤ is an upper bound): " + strings.Join(parts, "; ")
}

// engines says what received, where that is known.
func (g *group) engines() string {
	var kinds []string
	protocols := map[string][]string{}
	for _, c := range g.cells {
		r := c.Repetitions[0]
		if r.Client.Engine == "" {
			continue
		}
		kind := "client " + r.Client.Engine
		if r.Server.Engine != "" {
			kind += ", server " + r.Server.Engine
		}
		if protocols[kind] == nil {
			kinds = append(kinds, kind)
		}
		protocols[kind] = append(protocols[kind], c.Config.Protocol)
	}
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%s (%s)", kind, strings.Join(protocols[kind], ", "))
	}
	if len(kinds) == 0 {
		return ""
	}
	return "\nreceived by " + strings.Join(kinds, "; ")
}

// batches ends the caption with the meaning of msg/s for calls of several messages.
func (g *group) batches() string {
	for _, c := range g.cells {
		if n := c.Config.Batch; n > 1 {
			text := fmt.Sprintf("\n%s: each call sends %d messages; msg/s and all message counts are of calls", c.Config.Protocol, n)
			if rate := median((*result.Repetition).Throughput)(newRow(c)); !math.IsNaN(rate) {
				text += fmt.Sprintf(" (%s calls/s = %s messages/s on the wire)", result.Count(rate), result.Count(rate*float64(n)))
			}
			return text
		}
	}
	return ""
}

// table puts the protocols side by side, then each beside the floor.
func (g *group) table() *table {
	t := &table{}
	head := []string{"protocol", "verdict"}
	for _, c := range newRow(g.cells[0]).shown() {
		head = append(head, c.name)
	}
	t.add(append(head, "lag p99")...)
	t.rule()
	var rows []*row
	var floor *row
	for _, c := range g.cells {
		r := newRow(c)
		rows = append(rows, r)
		if c.Config.Protocol == FloorProtocol {
			floor = r
		}
		t.add(r.absolute()...)
	}
	if floor != nil && len(rows) > 1 {
		t.rule()
		for _, r := range rows {
			t.add(r.relative(floor)...)
		}
	}
	return t
}

// precision says how far the figures can be trusted: over the repetitions where
// there are several, else by the messages of the one.
func (g *group) precision() (caption string, t *table) {
	if g.repetitions() > 1 {
		return fmt.Sprintf("the figures above, each with the exact order-statistic interval of its median over the repetitions that are not invalid (%.0f %% needs %d)",
			100*confidence, stats.ValuesFor(confidence)), g.overRepetitions()
	}
	return fmt.Sprintf("one repetition: exact binomial intervals of %.0f %% from its messages, as many as are independent behind p99; how another run would differ they cannot tell",
		100*confidence), g.withinRepetition()
}

func (g *group) overRepetitions() *table {
	head := []string{"protocol"}
	for _, c := range intervalColumns {
		name := c.name
		if c.time > 0 {
			name = TimeMetricName(g.cells[0].Config, name)
		}
		head = append(head, name)
	}
	t := &table{}
	t.add(append(head, "n", "confidence")...)
	t.rule()
	for _, c := range g.cells {
		t.add(intervals(c)...)
	}
	return t
}

func (g *group) withinRepetition() *table {
	head := []string{"protocol"}
	for _, p := range withinPercentiles {
		head = append(head, TimeMetricName(g.cells[0].Config, fmt.Sprintf("p%g", p)))
	}
	t := &table{}
	t.add(append(head, "independent", "correlation")...)
	t.rule()
	for _, c := range g.cells {
		t.add(within(c.Repetitions[0], c.Config.Protocol)...)
	}
	return t
}

// opened says whether a stream of any cell was ever open: else a table would be of dashes.
func (g *group) opened() bool {
	return slices.ContainsFunc(g.cells, func(c *result.Cell) bool { return !c.NeverOpened() })
}

// repetitions is how many the cell with the most has.
func (g *group) repetitions() int {
	most := 0
	for _, c := range g.cells {
		most = max(most, len(c.Repetitions))
	}
	return most
}

// FloorProtocol is what the others are held against.
const FloorProtocol = "tcp"
