package report

import (
	"fmt"
	"strings"

	"rtbench/report/result"
)

// AgentHeads returns the headings of AgentRow.
func AgentHeads() []string {
	return []string{"finding", "messages", "p99", "lag p99", "CPU/msg", "first lag"}
}

// AgentRow returns what an agent did in a repetition that several ran together.
func AgentRow(r *result.Repetition, a result.Agent) []string {
	return []string{
		agentFinding(r, a), result.Grouped(a.Recorded), a.ResponseP99().String(),
		result.Duration(result.Nanoseconds(a.Lag, a.P99 > 0)), result.Duration(a.CPUPerMessage()), a.Start(),
	}
}

// agents prints a row for each agent of each repetition.
func (p *printer) agents(r *result.Result) {
	t := newTable(append([]string{"agent", "repetition"}, AgentHeads()...)...)
	t.leftColumns = 3
	for c, rep := range r.Repetitions() {
		for _, a := range rep.Agents {
			t.add(append([]string{a.Name, fmt.Sprintf("%s #%d", c.ID, rep.Index+1)}, AgentRow(rep, a)...)...)
		}
	}
	if len(t.rows) == 2 {
		return
	}
	p.titled("Agents", t)
	p.betweenClocks(r)
}

// titled prints a table with a title.
func (p *printer) titled(title string, t *table) {
	if !p.markdown {
		p.printf("\n%s\n\n", title)
	}
	p.printf("%s", t.text())
}

// betweenClocks prints the delivery times of messages that agents received from agents with their clock, and from
// agents with other clocks.
func (p *printer) betweenClocks(r *result.Result) {
	t := newTable("agent", "repetition", "one clock", "p50", "p99", "two clocks", "p50", "p99", "clocks within")
	t.leftColumns = 2
	for c, rep := range r.Repetitions() {
		for i := range rep.Agents {
			a := &rep.Agents[i]
			if a.Between.IsZero() {
				continue
			}
			row := []string{a.Name, fmt.Sprintf("%s #%d", c.ID, rep.Index+1)}
			for _, of := range []struct {
				times result.Histogram
				at    func(*result.Agent, float64) result.StatusTime
			}{{a.Within, rep.WithinTime}, {a.Between, rep.BetweenTime}} {
				row = append(row, result.Grouped(of.times.Count()), of.at(a, 50).String(), of.at(a, 99).String())
			}
			t.add(append(row, result.Duration(result.Nanoseconds(rep.Skew.Bound, rep.Skew.Bound >= 0)))...)
		}
	}
	if len(t.rows) > 2 {
		p.titled("Delivery times on one clock, and between two", t)
	}
}

// agentFinding describes how far to trust an agent's share of a repetition.
func agentFinding(r *result.Repetition, a result.Agent) string {
	switch {
	case a.Lost != "":
		return "lost: " + a.Lost
	case r.Lost() != "":
		return "stopped"
	}
	var words []string
	for _, f := range a.Validity.Findings {
		words = append(words, f.Word.Title())
	}
	return strings.Join(result.Unique(words), ", ")
}
