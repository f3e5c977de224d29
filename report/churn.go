package report

import (
	"math"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// JoinsCaption describes the table of users that come and go.
const JoinsCaption = "joining: time from when a user was due to join until its opening steps were done, its parts, and the time until a stream had ended whose user left; messages that were due while a connection had no user (away), or on their way while one joined or left (edge)"

// A ChurnTable compares the cells of a group while users come and go with those while all stay.
type ChurnTable struct {
	Caption string
	Heads   []string
	Rows    []ChurnRow
}

// A ChurnRow has the values of a cell as text.
type ChurnRow struct {
	Cell   metric.Cell
	Values []string
}

// joins returns the table of the users that came and went, with the server's CPU for each if the same load ran
// while all stayed; nil if none did.
func (g *Group) joins(v metric.Views, all []*Group) (t *table) {
	list, calm := metric.In(v), g.calm(all)
	for _, c := range g.Cells {
		if c.Joins == nil {
			continue
		}
		if t == nil {
			heads := append([]string{"protocol"}, Heads(list, g.Config())...)
			if calm != nil {
				heads = append(heads, cpuPerJoinHead)
			}
			t = newTable(heads...)
		}
		row := []string{c.Config.Protocol}
		for _, m := range list {
			row = append(row, m.Text(c))
		}
		if calm != nil {
			row = append(row, cpuText(cpuPerJoin(c.Cell, calm.cell(c.Config.Protocol))))
		}
		t.add(row...)
	}
	return t
}

const cpuPerJoinHead = "server CPU/join"

// stays is the value of the axis with which all users stay.
const stays = "forever"

// calm returns the group of the same load in which all users stay; nil if there is none, or g is it.
func (g *Group) calm(groups []*Group) *Group {
	config := g.Config()
	if stay := stayOf(config); stay == "" || stay == stays {
		return nil
	}
	wanted := partsOf(config)
	wanted[withoutPart] = "stay " + stays
	for _, other := range groups {
		if other.Title == wanted.title() {
			return other
		}
	}
	return nil
}

// Churn compares the times of a group while users come and go with those of the same load while all stay, and
// has the server's CPU for a user that joins and leaves, where users of the group do. It has no rows without
// such a load.
func (g *Group) Churn(groups []*Group) (t ChurnTable) {
	calm := g.calm(groups)
	if calm == nil {
		return t
	}
	t.Caption = "While users come and go, against the same load while all stay"
	t.Heads = []string{"p50 all stay", "p50", "p99 all stay", "p99"}
	joins := g.Config().Churns()
	if joins {
		t.Heads = append(t.Heads, cpuPerJoinHead)
	}
	for _, c := range g.Cells {
		for _, other := range calm.Cells {
			if other.Config.Protocol != c.Config.Protocol {
				continue
			}
			row := ChurnRow{Cell: c}
			for _, p := range []float64{50, 99} {
				row.Values = append(row.Values, metric.Time(p).Text(other), metric.Time(p).Text(c))
			}
			if joins {
				row.Values = append(row.Values, cpuText(cpuPerJoin(c.Cell, other.Cell)))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// cpuPerJoin returns the CPU that a server used more per user that came than while all stayed, over the
// repetitions that ran side by side.
func cpuPerJoin(churn, calm *result.Cell) stats.Interval {
	var list []float64
	if calm == nil {
		return stats.MedianInterval(nil, metric.Confidence)
	}
	for _, pair := range result.Pairs(churn, calm) {
		a, b := pair[0], pair[1]
		if !a.Server.Known || !b.Server.Known || a.Joins == nil || a.Joins.Joined == 0 || a.Phases.Steady <= 0 || b.Phases.Steady <= 0 {
			continue
		}
		more := float64(a.Server.CPU)/a.Phases.Steady.Seconds() - float64(b.Server.CPU)/b.Phases.Steady.Seconds()
		list = append(list, more*a.Phases.Steady.Seconds()/float64(a.Joins.Joined))
	}
	return stats.MedianInterval(list, metric.Confidence)
}

// cpuText formats the CPU of a join: several repetitions must agree on its sign.
func cpuText(in stats.Interval) string {
	switch {
	case in.N == 0 || math.IsNaN(in.Median):
		return result.Unknown
	case in.Low <= 0 && in.High > 0:
		return "up to " + result.Duration(in.High)
	case in.Median <= 0:
		return result.Unknown
	}
	return result.Duration(in.Median)
}

// joinsBriefly prints how users came and went.
func (p *printer) joinsBriefly(groups, all []*Group) {
	for _, g := range groups {
		if t := g.joins(metric.JoinsBriefly, all); t != nil {
			p.printf("  Users who come and go, %s:\n%s", g.Config().JoinWords(), t.within(p.width, 2, 5, 1, 3).text())
		}
	}
}

// churn prints how users came and went, and what that did to the group.
func (p *printer) churn(g *Group, all []*Group) {
	if t := g.joins(metric.Joins, nil); t != nil {
		p.table(JoinsCaption, t)
	}
	c := g.Churn(all)
	if len(c.Rows) == 0 {
		return
	}
	t := newTable(append([]string{"protocol"}, c.Heads...)...)
	for _, r := range c.Rows {
		t.add(append([]string{r.Cell.Config.Protocol}, r.Values...)...)
	}
	p.table(strings.ToLower(c.Caption[:1])+c.Caption[1:], t)
}
