package html

import (
	"math"
	"slices"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// An answerView is the first screen: what failed, the answer to each load with the values of its cells,
// the thresholds with their values, and how far to trust them.
type answerView struct {
	Insecure    []string // results with servers whose certificates were not verified
	FailedTitle string
	Failed      []string
	MoreFailed  []string // collapsed
	Effects     []effectView
	Answers     []answerGroup
	Basis       string // of rates and costs; empty without values
	Bars        bool
	Long        bool // the values do not fit a screen: sentences, thresholds and trust come before them
	More        int  // loads without values
	Thresholds  []thresholdLine
	Trust       []string
}

// An answerGroup is the answer to loads that differ in one part only: a card for each cell of a single
// one, or else a table.
type answerGroup struct {
	Anchor, Title, Label string
	Sentence             string // on the pattern
	Cards                []cardView
	Heads                []string
	Parts                []answerPart
	Rows                 int
	Open                 bool
	Why                  []string // for cells without any value
	Notes                []string // none if nothing was measured
}

// An answerPart is a part of a table: the rows of a load.
type answerPart struct {
	Head string
	Rows []cardView
}

// A cardView shows the values of a cell, as a card or a row.
type cardView struct {
	Label string
	Color int
	Floor bool
	Word  result.Word
	Rows  []cardRow
}

// A cardRow is a metric with its bar, as a share of the largest of its group in percent: the lower bound,
// and lightly what lies between the bounds.
type cardRow struct {
	Name, Text, Low string
	Share, Light    float64
	Bar             bool
}

// percent returns a share in percent with one decimal.
func percent(share float64) float64 { return math.Round(1000*share) / 10 }

type thresholdLine struct {
	Mark, Text, Tone string
}

const (
	mostAnswers = 4  // loads with values
	mostRows    = 10 // rows of a table that is shown at once
)

func answerOf(results []result.Named, groups []*group) answerView {
	var v answerView
	for i, name := range resultNames(results) {
		r := results[i].Result
		if s := report.Insecure(r); s != "" {
			v.Insecure = append(v.Insecure, s)
		}
		title, lines := report.Failed(r, report.PageExample)
		if v.FailedTitle == "" {
			v.FailedTitle = title
		}
		v.Failed = append(v.Failed, lines...)
		v.Effects = append(v.Effects, effectsOf(r, name)...)
		for _, line := range report.ThresholdLines(r) {
			v.Thresholds = append(v.Thresholds, lineOf(line))
		}
		text := report.Trust(r)
		switch {
		case name == "": // the answers are of this result
			text = strings.TrimSpace(report.Certainty(r) + " " + text)
		case text != "":
			text = name + ": " + text
		}
		v.Trust = append(v.Trust, text)
	}
	if len(v.Failed) > findingsShown+1 {
		v.Failed, v.MoreFailed = v.Failed[:findingsShown], v.Failed[findingsShown:]
	}
	if v.setAnswers(slices.DeleteFunc(slices.Clone(groups), v.hasEffect)); v.Basis == "" && len(v.Effects) > 0 {
		v.Basis = report.Basis(groups[0].Config())
	}
	return v
}

func (v *answerView) setAnswers(groups []*group) {
	look := map[*report.Group]*group{}
	all := make([]*report.Group, len(groups))
	for i, g := range groups {
		all[i], look[g.Group] = g.Group, g
	}
	answers := report.Answers(all)
	v.More = max(0, len(answers)-mostAnswers)
	screens := 0
	for _, a := range answers[:len(answers)-v.More] {
		if len(a.Columns) > 0 {
			v.Basis = report.Basis(a.Groups[0].Config())
		}
		of := make([]*group, len(a.Groups))
		for i, g := range a.Groups {
			of[i] = look[g]
		}
		g := answer(a, of)
		g.Anchor = of[0].anchor
		v.Answers, v.Bars = append(v.Answers, g), v.Bars || g.Rows > 1 || len(g.Cards) > 1
		if screens++; g.Open {
			screens += g.Rows / mostRows
		}
	}
	v.Long = screens > 2
}

// lineOf splits a line about a threshold into its mark and text.
func lineOf(line string) thresholdLine {
	mark, text, _ := strings.Cut(line, " ")
	tone := map[string]string{"✓": "good", "✗": "bad", "?": "doubt"}[mark]
	return thresholdLine{mark, text, tone}
}

func answer(a report.Answer, groups []*group) answerGroup {
	v := answerGroup{Title: a.Title, Label: a.Label}
	if !groups[0].several {
		v.Sentence = a.Sentence
	}
	for i, g := range groups {
		v.Sentence = strings.TrimSpace(v.Sentence + " " + g.BurstSentence())
		for _, e := range g.entries {
			v.Why = append(v.Why, report.WhyUnknown(e.Cell, a.Columns)...)
			if len(a.Columns) > 0 {
				v.Notes = append(v.Notes, report.BriefNotes(e.Cell.Cell, report.PageExample)...)
			}
		}
		if len(a.Values) > 0 {
			v.Parts = append(v.Parts, answerPart{a.Values[i], g.cards(a)})
		}
	}
	switch {
	case len(a.Columns) == 0: // nothing was measured
		v.Parts = nil
	case len(v.Parts) == 0 && groups[0].several:
		v.Parts = []answerPart{{Rows: groups[0].cards(a)}}
	case len(v.Parts) == 0:
		v.Cards = groups[0].cards(a)
	}
	for _, col := range a.Columns {
		v.Heads = append(v.Heads, col.Head)
	}
	for _, p := range v.Parts {
		v.Rows += len(p.Rows)
	}
	v.Open = v.Rows <= 2*mostRows
	return v
}

// cards returns the values of each entry on the scale of the answer.
func (g *group) cards(a report.Answer) (out []cardView) {
	for i, e := range g.entries {
		card := cardView{Label: g.label(e), Color: e.color, Floor: e.isFloor() && len(g.entries) > 1}
		if w := e.Word(); w == result.ServerFailed || w == result.NotGenerated {
			card.Word = w
		}
		for _, col := range a.Columns {
			row := cardRow{Name: col.Head, Text: col.By.Text(e.Cell), Bar: len(g.entries) > 1}
			if low, _, bounded := col.By.CellBounds(e.Cell); bounded {
				row.Low = atLeast(col.By, low)
			}
			low, high := g.Extent(col.By, i)
			if most := a.Largest(col.By); !math.IsNaN(low / most) {
				row.Share, row.Light = percent(low/most), percent(high/most)-percent(low/most)
			}
			card.Rows = append(card.Rows, row)
		}
		out = append(out, card)
	}
	return out
}

// longSteady is the length of a steady phase from which its course is shown at once.
const longSteady = 5 * time.Second

// eventful reports whether the group's course over time may have news: it is long, or streams broke.
func (g *group) eventful() bool {
	for _, e := range g.entries {
		for _, r := range e.Repetitions {
			if r.Phases.Steady >= longSteady || r.Counters.ErrorCount() > 0 || r.Counters.Failed > 0 {
				return true
			}
		}
	}
	return false
}
