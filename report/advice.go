package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"rtbench/report/claims"
	"rtbench/report/result"
)

// An Inquiry is a path through the guide's tree, and what is known about its leaf.
type Inquiry struct {
	End       *claims.Step
	Answers   claims.Answers
	Open      []string // unanswered questions that would change the advice
	Situation claims.Situation
	Found     claims.Findings  // in the situation
	Evidence  *result.Evidence // of the findings; possibly empty
	Dir       string           // of the evidence
}

// Advice writes the guide's advice, the objections to it, the measurements that overrule it, if any, and
// the cells and figures that it relies on. It returns w's error.
func Advice(w io.Writer, q Inquiry) error {
	p := &printer{w: w}
	choice := claims.Advise(q.End, q.Answers, q.Found)
	p.printf("The guide's advice: %s\n", q.End.Advice)
	p.printChoice(choice)
	for _, question := range q.Open {
		p.openQuestion(question, choice, q)
	}
	if len(choice.Protocols) == 0 {
		p.adviceEvidence(q.Dir, q.Evidence)
		return p.err
	}
	it, subject := "It", "the advice"
	if !choice.FollowsGuide() {
		subject = protocolNames(choice.Protocols)
		it = subject
	}
	p.comparisons(choice.Compared, q.Situation)
	p.printf("%s rests on these cells of the guide's table:\n", it)
	p.printPremises(choice.Premises, subject, q)
	p.adviceEvidence(q.Dir, q.Evidence)
	return p.err
}

// comparisons prints how the advised protocols compare with the others that fit, with figures.
func (p *printer) comparisons(list []claims.Claim, in claims.Situation) {
	if len(list) == 0 {
		return
	}
	p.printf("Measured here, %s:\n", describeSituation(in))
	for _, c := range list {
		a, b, _ := strings.Cut(c.ID, "/")
		p.printf("  %s ahead of %s: %s\n", protocolNames([]string{a}), protocolNames([]string{b}), c.Verdict)
		p.wrapped("    ", c.Summary...)
		p.wrapped("    · ", c.Evidence...)
	}
}

// describeSituation names the topology and the libraries of measurements.
func describeSituation(in claims.Situation) string {
	text := "over all topologies"
	for _, t := range claims.Topologies {
		if t.ID == in.Topology {
			text = "with " + t.Name
		}
	}
	if in.Stack == "" {
		return text + ", by the best of each protocol's stock libraries"
	}
	return text + ", stack " + in.Stack
}

// printChoice prints the remaining protocols and the reasons, unless the guide's advice stands.
func (p *printer) printChoice(c claims.Choice) {
	switch {
	case len(c.Fit) == 0:
		p.printf("None of the three protocols fits these answers: %s.\n", listObjections(c.Objections))
	case !slices.Equal(c.Fit, c.Guide.Protocols):
		p.printf("%s, only %s fits: %s.\n", conditions(c.Objections), protocolNames(c.Fit), listObjections(c.Objections))
	}
	if behind := c.Overruled(); len(behind) > 0 {
		p.printf("Overruled by measurements here: %s is ahead of %s.\n", protocolNames(c.Protocols), protocolNames(behind))
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
		format := "%s %q %s"
		if o.Verdict != claims.Confirmed && o.Verdict != claims.Refuted {
			format = "the guide's table says %s %q, which %s"
		}
		parts[i] = fmt.Sprintf(format, o.Cell.ID(), o.Cell.Says, describeVerdict(o.Verdict))
	}
	return strings.Join(parts, ", ")
}

func describeVerdict(v claims.Verdict) string {
	switch v {
	case "":
		return "is not measured here yet"
	case claims.NotTestable:
		return "is " + string(v)
	}
	return predicate(v) + " here"
}

// openQuestion prints how a yes to an unanswered question would change the choice.
func (p *printer) openQuestion(question string, choice claims.Choice, q Inquiry) {
	other := claims.Advise(choice.Guide, q.Answers.And(question), q.Found)
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
func (p *printer) printPremises(ids []string, subject string, q Inquiry) {
	if q.Evidence.Empty() {
		for _, id := range ids {
			c, _ := claims.CellByID(id)
			p.printf("  %s: %q\n", id, c.Says)
		}
		return
	}
	count := map[claims.Verdict]int{}
	for _, id := range ids {
		c := q.Found.Cell(id)
		count[c.Verdict]++
		p.printf("  %s: %q %s\n", id, c.Statement, describeVerdict(c.Verdict))
		if reason := c.Reason(); reason != "" {
			p.wrapped("    ", reason)
		}
	}
	switch refuted, confirmed := count[claims.Refuted], count[claims.Confirmed]; {
	case refuted > 0:
		p.printf("The measurements here do NOT support the guide's reasons for %s: %d of %s refuted.\n", subject, refuted, result.Plural(len(ids), "cell"))
	case confirmed == len(ids):
		p.printf("The measurements here support %s.\n", subject)
	default:
		p.printf("The measurements here confirm %d of %s and refute none.\n", confirmed, result.Plural(len(ids), "cell"))
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
