package report

import (
	"fmt"
	"strings"

	"rtbench/report/result"
)

// agents prints a row for each agent of the repetitions that several ran together.
func (p *printer) agents(r *result.Result) {
	t := newTable("agent", "repetition", "finding", "messages", "p99", "lag p99", "CPU/msg", "first lag")
	t.leftColumns = 3
	for c, rep := range r.Repetitions() {
		for _, a := range rep.Agents {
			t.add(a.Name, fmt.Sprintf("%s #%d", c.ID, rep.Index+1), agentFinding(rep, a), result.Grouped(a.Recorded), a.ResponseP99().String(),
				result.Duration(result.Nanoseconds(a.Lag, a.P99 > 0)), result.Duration(a.CPUPerMessage()), a.Start())
		}
	}
	if len(t.rows) == 2 {
		return
	}
	if !p.markdown {
		p.printf("\nAgents\n\n")
	}
	p.printf("%s", t.text())
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
