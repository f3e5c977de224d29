package report

import (
	"strings"

	"rtbench/report/metric"
)

// An Answer is what the first screen says about loads that differ in up to two parts, such as the rate.
type Answer struct {
	// Title describes the load without the parts in which the groups differ, and Label by the pattern and
	// the parts that distinguish it from other answers.
	Title, Label, Sentence string
	Groups                 []*Group
	Values                 []string // of the parts in which the groups differ; nil for a single group
	Columns                []Column // that any cell has
	table                  *summaryTable
}

// Answers returns the answers to the loads that the first screen shows.
func Answers(groups []*Group) (out []Answer) {
	tables := summaryTables(groups)
	shared := sharedParts(tables)
	for _, t := range tables {
		a := Answer{Label: t.label(shared), Sentence: t.answer(), Groups: t.groups, Columns: t.columns(), table: t}
		common := partsOf(t.groups[0].Config())
		for _, part := range t.varies {
			common[part] = ""
		}
		for i := range t.groups {
			if len(t.varies) > 0 {
				a.Values = append(a.Values, strings.Join(t.values(i), ", "))
			}
		}
		if a.Title = common.title(); len(a.Columns) == 0 {
			a.Sentence = t.nothing()
		}
		out = append(out, a)
	}
	return out
}

// Largest returns the largest value or upper bound of a metric in all groups; 0 if none is known.
func (a Answer) Largest(m metric.Metric) float64 { return a.table.largest(m) }
