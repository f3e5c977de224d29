package report

import (
	"rtbench/report/metric"
)

// connecting returns the table of how the streams were opened; nil if that is unknown.
func (g *Group) connecting(v metric.Views) (t *table) {
	list := metric.In(v)
	for _, c := range g.Cells {
		if c.Connecting == nil {
			continue
		}
		if t == nil {
			t = newTable(append([]string{"protocol"}, Heads(list, g.Config())...)...)
		}
		row := []string{c.Config.Protocol}
		for _, m := range list {
			row = append(row, m.Text(c))
		}
		t.add(row...)
	}
	return t
}

// ConnectingCaption describes the table of how streams were opened.
const ConnectingCaption = "connecting: time from when a stream was due to be opened until it was open, its parts, and the time until a share of the streams was open"

// connectingBriefly prints how streams opened that had a plan for it.
func (p *printer) connectingBriefly(groups []*Group) {
	for _, g := range groups {
		if g.Config().Connecting == "" {
			continue
		}
		if t := g.connecting(metric.ConnectingBriefly); t != nil {
			p.printf("  Connections, opened %s:\n%s", g.Config().ConnectWords(), t.text())
		}
	}
}
