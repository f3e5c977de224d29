package html

import (
	"slices"
	"strings"

	"rtbench/report"
	"rtbench/report/result"
)

// An effectView shows what a group of connections does to the others of its scenario.
type effectView struct {
	report.Effect
	Views []effectTable
}

// An effectTable is a table with names in its first columns.
type effectTable struct {
	report.EffectTable
	Names int // columns of names
}

// effectsOf returns the effects in a result, which has a name if there are several.
func effectsOf(r *result.Result, name string) (list []effectView) {
	for _, e := range report.Effects(r) {
		if name != "" {
			e.Title = name + ": " + strings.ToLower(e.Title[:1]) + e.Title[1:]
		}
		v := effectView{Effect: e}
		for _, t := range e.Tables {
			names := 1
			if t.Heads[1] == "" {
				names = 2
			}
			v.Views = append(v.Views, effectTable{t, names})
		}
		list = append(list, v)
	}
	return list
}

// hasEffect reports whether the scenario of a group leaves out groups in turn: then their effect is the answer.
func (v *answerView) hasEffect(g *group) bool {
	return slices.ContainsFunc(v.Effects, func(e effectView) bool { return e.Scenario == g.Config().Scenario })
}
