package report

import (
	"fmt"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// KindsCaption describes the table of kinds of messages.
const KindsCaption = "kinds of messages: how many were due in the steady phase and how many of them were answered, with the response times of these"

// KindHeads returns the heads of KindRow.
func KindHeads() []string { return []string{"due", "answered", "p50", "p99", "max"} }

// KindRow returns the values of one kind of a cell's messages. A time has the bound, and is unknown, if that
// of the cell is.
func KindRow(c metric.Cell, k result.Kind) []string {
	row := []string{fmt.Sprint(k.Due), fmt.Sprint(k.Response.Count())}
	for _, p := range []float64{50, 99, result.Maximum} {
		row = append(row, kindTime(c, k.Response, p))
	}
	return row
}

func kindTime(c metric.Cell, h result.Histogram, p float64) string {
	at, enough := h.Percentile(p)
	_, known := c.Percentile(c.Response, p)
	_, bounded := c.UpperBound(c.Response, p)
	switch {
	case !enough || h.Count() == 0:
		return result.Unknown
	case known:
		return result.Duration(float64(at))
	case bounded:
		return result.AtMost + result.Duration(float64(at))
	}
	return result.Unknown
}

// kinds returns the table of kinds of messages; nil if they have no names.
func (g *Group) kinds() (t *table) {
	for _, c := range g.Cells {
		for _, k := range c.Kinds() {
			if t == nil {
				t = newTable(append([]string{"protocol", "kind"}, KindHeads()...)...)
				t.leftColumns = 2
			}
			t.add(append([]string{c.Config.Protocol, k.Name}, KindRow(c, k)...)...)
		}
	}
	return t
}

// kindsBriefly prints the kinds of messages of groups that have them.
func (p *printer) kindsBriefly(groups []*Group) {
	for _, g := range groups {
		if t := g.kinds(); t != nil {
			p.printf("  Messages by kind:\n%s", t.text())
		}
	}
}
