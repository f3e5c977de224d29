package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// Advice writes the guide's advice for the given answers, the objections to it, and the verdicts on
// the cells that it relies on. e is the evidence, possibly empty, and dir its directory. open lists
// unanswered questions that would change the advice. Advice returns w's error.
func Advice(w io.Writer, end *claims.Step, answers claims.Answers, open []string, dir string, e *result.Evidence) error {
	p := &printer{w: w}
	verdict := VerdictsOf(e)
	choice := claims.Advise(end, answers, verdict)
	p.printf("The guide's advice: %s\n", end.Advice)
	p.printChoice(choice)
	for _, question := range open {
		p.openQuestion(question, choice, answers, verdict)
	}
	if len(choice.Protocols) == 0 {
		p.adviceEvidence(dir, e)
		return p.err
	}
	it, subject := "It", "the advice"
	if !choice.FollowsGuide() {
		subject = protocolNames(choice.Protocols)
		it = subject
	}
	p.printf("%s rests on these cells of the guide's table:\n", it)
	p.printPremises(choice.Premises, subject, e)
	p.adviceEvidence(dir, e)
	return p.err
}

// VerdictsOf returns a function that returns a cell's verdict by ID; empty without evidence.
func VerdictsOf(e *result.Evidence) func(id string) claims.Verdict {
	found := map[string]claims.Verdict{}
	if !e.Empty() {
		for _, c := range claims.Judge(e, claims.Cells) {
			found[c.ID] = c.Verdict
		}
	}
	return func(id string) claims.Verdict { return found[id] }
}

// printChoice prints the remaining protocols and the reasons, unless the guide's advice stands.
func (p *printer) printChoice(c claims.Choice) {
	switch {
	case len(c.Protocols) == 0:
		p.printf("None of the three protocols fits these answers: %s.\n", listObjections(c.Objections))
	case !c.FollowsGuide() && len(c.Objections) > 0:
		p.printf("%s, only %s fits: %s.\n", conditions(c.Objections), protocolNames(c.Protocols), listObjections(c.Objections))
	}
}

// conditions joins the objections' conditions as the beginning of a sentence.
func conditions(list []claims.Objection) string {
	var parts []string
	for _, o := range list {
		if when := o.Requirement.Condition; !slices.Contains(parts, when) {
			if len(parts) > 0 {
				when = strings.ToLower(when[:1]) + when[1:]
			}
			parts = append(parts, when)
		}
	}
	return strings.Join(parts, " and ")
}

func listObjections(list []claims.Objection) string {
	parts := make([]string, len(list))
	for i, o := range list {
		format := "%s %q is %s"
		if o.Verdict != claims.Confirmed && o.Verdict != claims.Refuted {
			format = "the guide's table says %s %q, which is %s"
		}
		parts[i] = fmt.Sprintf(format, o.Cell.ID(), o.Cell.Says, describeVerdict(o.Verdict))
	}
	return strings.Join(parts, ", ")
}

func describeVerdict(v claims.Verdict) string {
	switch v {
	case "":
		return "not measured here yet"
	case claims.NotTestable:
		return string(v)
	}
	return string(v) + " here"
}

// openQuestion prints how a yes to an unanswered question would change the choice.
func (p *printer) openQuestion(question string, choice claims.Choice, answers claims.Answers, verdict func(string) claims.Verdict) {
	other := claims.Advise(choice.Guide, answers.And(question), verdict)
	i := slices.IndexFunc(claims.Requirements, func(r claims.Requirement) bool { return r.Question == question })
	reasons := slices.DeleteFunc(slices.Clone(other.Objections), func(o claims.Objection) bool { return o.Requirement.Question != question })
	if len(reasons) == 0 {
		reasons = other.Objections
	}
	p.printf("%s, only %s would fit: %s. Answer with --%s or --%s=false.\n",
		claims.Requirements[i].Condition, protocolNames(other.Protocols), listObjections(reasons), question, question)
}

// protocolNames joins the guide's names of protocols.
func protocolNames(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = map[string]string{"websocket": "WebSocket", "sse": "Server-Sent Events", "grpc": "gRPC streaming"}[id]
	}
	if len(names) == 0 {
		return "none of the three"
	}
	return strings.Join(names, " or ")
}

// printPremises lists the cells that a choice relies on and whether the evidence supports them.
func (p *printer) printPremises(ids []string, subject string, e *result.Evidence) {
	cells := make([]*claims.Cell, len(ids))
	for i, id := range ids {
		cells[i], _ = claims.CellByID(id)
	}
	if e.Empty() {
		for _, c := range cells {
			p.printf("  %s: %q\n", c.ID(), c.Says)
		}
		return
	}
	list := claims.Judge(e, cells)
	for _, c := range list {
		p.printf("  %s: %q is %s\n", c.ID, c.Statement, describeVerdict(c.Verdict))
		why := slices.Concat(c.Summary, c.Evidence[:min(1, len(c.Evidence))])
		if len(c.Summary) > 0 {
			why = c.Summary
		}
		p.wrapped("    ", why...)
	}
	count := func(v claims.Verdict) int {
		return len(slices.DeleteFunc(slices.Clone(list), func(c claims.Claim) bool { return c.Verdict != v }))
	}
	switch refuted, confirmed := count(claims.Refuted), count(claims.Confirmed); {
	case refuted > 0:
		p.printf("The measurements here do NOT support %s: %d of %d cells are refuted. Choose by your own measurements.\n", subject, refuted, len(list))
	case confirmed == len(list):
		p.printf("The measurements here support %s.\n", subject)
	default:
		p.printf("The measurements here confirm %d of %d cells and refute none.\n", confirmed, len(list))
	}
}

// adviceEvidence prints the origin of the evidence.
func (p *printer) adviceEvidence(dir string, e *result.Evidence) {
	if e.Empty() {
		p.printf("None of them has been measured here yet; run `rtbench guide`.\n")
		return
	}
	p.printf("Evidence: %s (details: `rtbench guide %s`)\n", dir, dir)
	p.evidenceEnvironment(e)
}
