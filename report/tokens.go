package report

import (
	"fmt"
	"strings"
	"time"

	"rtbench/report/metric"
	"rtbench/report/result"
)

// A tokenColumn is a value of the answers of a cell.
type tokenColumn struct {
	head  string
	brief bool // also on the first screen
	loop  bool // there in a closed loop; in an open one the plan decides it
	value func(metric.Cell, *result.Answers) string
}

var tokenColumns = []tokenColumn{
	tokenTime("TTFT p50", true, 50, func(a *result.Answers) result.Histogram { return a.First }),
	tokenTime("TTFT p99", true, 99, func(a *result.Answers) result.Histogram { return a.First }),
	tokenGap("ITL p50", true, 50, func(a *result.Answers) result.Histogram { return a.Between }),
	tokenGap("ITL p99", true, 99, func(a *result.Answers) result.Histogram { return a.Between }),
	tokenGap("TPOT p50", false, 50, func(a *result.Answers) result.Histogram { return a.PerToken }),
	{head: "tok/s", brief: true, value: func(_ metric.Cell, a *result.Answers) string {
		at, enough := a.PerToken.Percentile(50)
		if !enough || a.PerToken.Count() == 0 || at == 0 {
			return result.Unknown
		}
		return fmt.Sprintf("%.3g", 1e9/float64(at))
	}},
	tokenTime("answer p50", true, 50, func(a *result.Answers) result.Histogram { return a.Whole }),
	tokenTime("answer p99", false, 99, func(a *result.Answers) result.Histogram { return a.Whole }),
	answerCount("requests", func(a *result.Answers) uint64 { return a.Requests }),
	{head: "ended", brief: true, value: func(_ metric.Cell, a *result.Answers) string {
		if a.Ended == a.Requests {
			return "all"
		}
		return fmt.Sprintf("%d of %d", a.Ended, a.Requests)
	}},
	perSecond("requests/s", func(a *result.Answers) uint64 { return a.Requests }),
	perSecond("tokens/s", func(a *result.Answers) uint64 { return a.Tokens }),
	answerCount("cut off", func(a *result.Answers) uint64 { return a.CutOff }),
	answerCount("refused", func(a *result.Answers) uint64 { return a.Refused }),
	answerCount("unfinished", func(a *result.Answers) uint64 { return a.Unfinished }),
	answerCount("never sent", func(a *result.Answers) uint64 { return a.Unasked }),
	answerCount("waited", func(a *result.Answers) uint64 { return a.Waited }),
	answerCount("stalls", func(a *result.Answers) uint64 { return a.Stalls }),
	answerCount("tokens", func(a *result.Answers) uint64 { return a.Tokens }),
	answerCount("together", func(a *result.Answers) uint64 { return a.Together }),
}

// tokenTime returns the column of a percentile of a time. It has the bound, and is unknown, if that of the
// messages is.
func tokenTime(head string, brief bool, p float64, of func(*result.Answers) result.Histogram) tokenColumn {
	return tokenColumn{head: head, brief: brief, value: func(c metric.Cell, a *result.Answers) string { return kindTime(c, of(a), p) }}
}

// tokenGap is tokenTime for the time between tokens, which a late receiver makes longer or shorter: where others
// have an upper bound, it is approximate.
func tokenGap(head string, brief bool, p float64, of func(*result.Answers) result.Histogram) tokenColumn {
	return tokenColumn{head: head, brief: brief, value: func(c metric.Cell, a *result.Answers) string {
		return strings.Replace(kindTime(c, of(a), p), result.AtMost, "≈ ", 1)
	}}
}

func answerCount(head string, of func(*result.Answers) uint64) tokenColumn {
	return tokenColumn{head: head, value: func(_ metric.Cell, a *result.Answers) string { return fmt.Sprint(of(a)) }}
}

// perSecond returns the column of a count of the requests due in the steady phases per second of these.
func perSecond(head string, of func(*result.Answers) uint64) tokenColumn {
	return tokenColumn{head: head, loop: true, value: func(c metric.Cell, a *result.Answers) string {
		var measured time.Duration
		for _, r := range c.Usable() {
			measured += r.Phases.Steady
		}
		return result.Count(float64(of(a)) / measured.Seconds())
	}}
}

// TokensCaption describes the table of answers.
const TokensCaption = "answers to the requests due in the steady phase: time to the first token (TTFT) and to the end of the answer, both since the request was due; between two tokens (ITL), their mean in an answer (TPOT), and its inverse (tok/s); requests/s and tokens/s: of all together; together: tokens that were already received when the one before was handled; ≈: in a disturbed measurement, may be too long or too short"

// TokenHeads returns the heads of TokenRow.
func TokenHeads() (heads []string) {
	for _, c := range tokenColumns {
		heads = append(heads, c.head)
	}
	return heads
}

// TokenRow describes the answers of a cell; nil if it has none.
func TokenRow(c metric.Cell) (row []string) {
	if c.Answers == nil {
		return nil
	}
	for _, column := range tokenColumns {
		row = append(row, column.value(c, c.Answers))
	}
	return row
}

// tokens returns the table of answers, all columns or the brief ones; nil if there are none.
func (g *Group) tokens(brief bool) (t *table) {
	for i, c := range g.Cells {
		if c.Answers == nil {
			continue
		}
		heads, row := []string{"protocol"}, []string{g.rowNames()[i]}
		for _, column := range tokenColumns {
			if column.brief || !brief || column.loop && c.Config.Model == "closed" {
				heads, row = append(heads, column.head), append(row, column.value(c, c.Answers))
			}
		}
		if t == nil {
			t = newTable(heads...)
		}
		t.add(row...)
	}
	return t
}

// AnswerNotes tells what the requests of the group had to wait for. name returns the name of a cell.
func (g *Group) AnswerNotes(name func(i int) string) (notes []string) {
	for i, c := range g.Cells {
		a := c.Answers
		if a == nil {
			continue
		}
		var parts []string
		if a.Waited > 0 {
			parts = append(parts, fmt.Sprintf("%d of %d requests waited for a free stream, up to %s: more load.connections let more answers be in flight", a.Waited, a.Requests, result.Duration(float64(a.Wait.Max()))))
		}
		if a.RetryAfter > 0 {
			parts = append(parts, fmt.Sprintf("the server asked to wait up to %v after a refusal (Retry-After); refused requests are not repeated", a.RetryAfter))
		}
		if a.Stalls > 0 {
			parts = append(parts, fmt.Sprintf("%s between tokens of at least %v", result.Plural(int(a.Stalls), "stall"), a.StallAfter))
		}
		if len(parts) > 0 {
			notes = append(notes, name(i)+": "+strings.Join(parts, "; "))
		}
	}
	return notes
}

// tokensBriefly prints the answers of groups that have them.
func (p *printer) tokensBriefly(groups []*Group) {
	for _, g := range groups {
		if t := g.tokens(true); t != nil {
			p.printf("%s", t.within(p.width, 9, 5, 6, 4, 2, 7).text())
			for _, note := range g.AnswerNotes(func(i int) string { return g.Cells[i].Config.Protocol }) {
				p.paragraph("    ", "  "+note)
			}
		}
	}
}
