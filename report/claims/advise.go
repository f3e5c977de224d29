package claims

import (
	"maps"
	"slices"
	"strings"
)

// Answers maps questions of the guide's tree, by Step.ID, to their answers. Unanswered questions
// are absent.
type Answers map[string]bool

// A Requirement is the consequence of answering yes: the protocol's cell in row Feature must
// contain one of Words.
type Requirement struct {
	Question  string // Step.ID
	Feature   string
	Words     []string
	Condition string // beginning of a sentence
}

// Requirements lists the consequences of the tree's questions. A path of the tree asks only some of
// them, but all answers count.
var Requirements = []Requirement{
	{"bidirectional", "direction", []string{"bidirectional"}, "With messages both ways"},
	{"browser", "browser", []string{"excellent"}, "In a browser"},
	{"binary", "binary", []string{"yes"}, "For binary data"},
	{"performance", "performance", []string{"high", "very high"}, "For high performance"},
}

// An Objection is a cell that rules out a protocol for the given answers.
type Objection struct {
	Requirement Requirement
	Cell        *Cell
	Verdict     Verdict // measured here; empty if not measured
}

// A Choice is the guide's advice, checked against the rest of its table and against measurements.
type Choice struct {
	Guide *Step // leaf of the tree
	// Fit are the protocols of the guide's advice without objections or, if there are none, all others
	// without objections. Empty if there is an objection to each.
	Fit []string
	// Protocols are those to choose: Fit, without those that measurements overrule, or the ones that
	// overrule all of them.
	Protocols []string
	// Objections are those to the protocols of the guide's advice, or to all protocols if none
	// remains.
	Objections []Objection
	// Compared are the measured comparisons of each of Protocols with the others that fit, if the advice
	// rests on performance.
	Compared []Claim
	// Premises are the IDs of the cells that the choice relies on.
	Premises []string
}

// FollowsGuide reports whether the choice is the guide's advice unchanged.
func (c Choice) FollowsGuide() bool { return slices.Equal(c.Protocols, c.Guide.Protocols) }

// Overruled returns the protocols that fit, but were measured behind Protocols.
func (c Choice) Overruled() []string {
	return filter(c.Fit, func(p string) bool { return !slices.Contains(c.Protocols, p) })
}

// Advise checks a leaf of the guide's tree against all answers and against what was found. If nothing was
// measured, the guide's table applies as it is. Otherwise, advice that rests on performance gives way to
// protocols that fit and are confirmed to be ahead of it.
func Advise(end *Step, answers Answers, found Findings) Choice {
	c := Choice{Guide: end}
	able := filter(protocolIDs(), func(p string) bool { return len(featureObjections(p, answers, found)) == 0 })
	fits := func(p string) bool { return len(objections(p, answers, found)) == 0 }
	if c.Fit = filter(end.Protocols, fits); len(c.Fit) == 0 {
		c.Fit = filter(protocolIDs(), fits)
	}
	if c.Protocols = c.Fit; len(c.Fit) == 0 {
		c.addObjections(protocolIDs(), answers, found)
		return c
	}
	c.addObjections(end.Protocols, answers, found)
	if answers["performance"] || slices.ContainsFunc(end.Premises, isPerformance) {
		c.overrule(able, found)
	}
	c.Premises = c.findPremises(answers)
	return c
}

func isPerformance(cell string) bool { return strings.HasPrefix(cell, "performance/") }

// overrule drops the protocols that one of able is confirmed to be ahead of. If all are, those of able
// replace them that are ahead of each of them and behind none. It adds the comparisons.
func (c *Choice) overrule(able []string, found Findings) {
	ahead := func(a, b string) bool { return found.Lead(a, b).Verdict == Confirmed }
	unbeaten := func(p string) bool {
		return !slices.ContainsFunc(able, func(q string) bool { return ahead(q, p) })
	}
	best := filter(c.Protocols, unbeaten)
	if len(best) == 0 {
		best = filter(able, func(p string) bool {
			return unbeaten(p) && !slices.ContainsFunc(c.Protocols, func(q string) bool { return !ahead(p, q) })
		})
	}
	if len(best) > 0 {
		c.Protocols = best
	}
	for _, a := range c.Protocols {
		for _, b := range able {
			if lead := found.Lead(a, b); lead.Verdict != "" && !slices.Contains(c.Protocols, b) {
				c.Compared = append(c.Compared, lead)
			}
		}
	}
}

func (c *Choice) addObjections(protocols []string, answers Answers, found Findings) {
	for _, p := range protocols {
		c.Objections = append(c.Objections, objections(p, answers, found)...)
	}
}

func protocolIDs() []string {
	ids := make([]string, len(Protocols))
	for i, p := range Protocols {
		ids[i] = p.ID
	}
	return ids
}

// findPremises returns the cells that the guide's advice and the requirements rely on, for the
// remaining protocols.
func (c Choice) findPremises(answers Answers) []string {
	ids := filter(c.Guide.Premises, func(id string) bool {
		cell, _ := CellByID(id)
		return slices.Contains(c.Protocols, cell.Protocol)
	})
	for _, p := range c.Protocols {
		if len(c.Overruled()) > 0 && !slices.Contains(ids, "performance/"+p) {
			ids = append(ids, "performance/"+p)
		}
	}
	for _, r := range Requirements {
		for _, p := range c.Protocols {
			if id := r.Feature + "/" + p; answers[r.Question] && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// objections returns the cells that rule out a protocol: those that deny a required feature, unless
// refuted, and those that claim it, if refuted. A refuted claim of performance may also be too pessimistic,
// so it does not rule out a protocol: comparisons do.
func objections(protocol string, answers Answers, found Findings) []Objection {
	var out []Objection
	for _, r := range Requirements {
		cell, _ := CellByID(r.Feature + "/" + protocol)
		if !answers[r.Question] || cell == nil {
			continue
		}
		v := found.Verdict(cell.ID())
		can := slices.Contains(r.Words, cell.Says)
		if can == (v == Refuted) && (!can || r.Feature != "performance") {
			out = append(out, Objection{r, cell, v})
		}
	}
	return out
}

// featureObjections returns the objections that performance has no part in.
func featureObjections(protocol string, answers Answers, found Findings) []Objection {
	return slices.DeleteFunc(objections(protocol, answers, found), func(o Objection) bool { return o.Requirement.Feature == "performance" })
}

func filter(list []string, want func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !want(s) })
}

// ChangesChoice reports whether answering yes to an unanswered question would change the choice.
func ChangesChoice(question string, end *Step, answers Answers, found Findings) bool {
	if _, known := answers[question]; known {
		return false
	}
	return !slices.Equal(Advise(end, answers, found).Protocols, Advise(end, answers.And(question), found).Protocols)
}

// And returns the answers and a yes to an unanswered question.
func (a Answers) And(question string) Answers {
	all := maps.Clone(a)
	if all == nil {
		all = Answers{}
	}
	all[question] = true
	return all
}
