package html

import (
	"math"
	"slices"
	"strings"
	"time"

	"rtbench/report"
	"rtbench/report/result"
)

// An answerView is the first screen: what failed, the answer to each load with a card per cell, the
// thresholds with their values, and how far to trust them.
type answerView struct {
	Insecure    []string // results with servers whose certificates were not verified
	FailedTitle string
	Failed      []string
	MoreFailed  []string // collapsed
	Answers     []answerGroup
	Basis       string // of rates and costs
	More        int    // loads without cards
	Thresholds  []thresholdLine
	Trust       []string
}

type answerGroup struct {
	Anchor, Title, Pattern string
	Sentence               string // on the pattern
	Cards                  []cardView
	Why                    []string // for cells without any value
}

// A cardView shows the values of a cell.
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

// mostAnswers is the number of loads with cards.
const mostAnswers = 4

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
	all := make([]*report.Group, len(groups))
	for i, g := range groups {
		all[i] = g.Group
	}
	shown := report.Choices(all)
	for i, g := range groups {
		if slices.Contains(shown, g.Group) && len(v.Answers) < mostAnswers {
			v.Basis = report.Basis(g.Config())
			v.Answers = append(v.Answers, g.answer(i))
		}
	}
	v.More = len(shown) - len(v.Answers)
	return v
}

// lineOf splits a line about a threshold into its mark and text.
func lineOf(line string) thresholdLine {
	mark, text, _ := strings.Cut(line, " ")
	tone := map[string]string{"✓": "good", "✗": "bad", "?": "doubt"}[mark]
	return thresholdLine{mark, text, tone}
}

func (g *group) answer(at int) answerGroup {
	a := answerGroup{Anchor: anchor(at), Title: g.Title, Pattern: g.Config().Pattern}
	if !g.several {
		a.Sentence = g.Sentence()
	}
	columns := g.Columns()
	for i, e := range g.entries {
		card := cardView{Label: g.label(e), Color: e.color, Floor: e.isFloor() && len(g.entries) > 1}
		if w := e.Word(); w == result.ServerFailed || w == result.NotGenerated {
			card.Word = w
		}
		for _, col := range columns {
			row := cardRow{Name: col.Head, Text: col.By.Text(e.Cell)}
			if low, _, bounded := col.By.CellBounds(e.Cell); bounded {
				row.Low = "≥ " + col.By.Format(low)
			}
			low, high := g.Extent(col.By, i)
			if most := g.Largest(col.By); len(g.entries) > 1 && !math.IsNaN(low/most) {
				row.Share, row.Light, row.Bar = percent(low/most), percent(high/most)-percent(low/most), true
			}
			card.Rows = append(card.Rows, row)
		}
		a.Cards = append(a.Cards, card)
	}
	for _, e := range g.entries {
		a.Why = append(a.Why, report.WhyUnknown(e.Cell, columns)...)
	}
	return a
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
