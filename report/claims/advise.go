package claims

import (
	"maps"
	"slices"
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
	// Protocols are those of the guide's advice without objections or, if there are none, all
	// others without objections. Empty if there is an objection to each.
	Protocols []string
	// Objections are those to the protocols of the guide's advice, or to all protocols if none
	// remains.
	Objections []Objection
	// Premises are the IDs of the cells that the choice relies on.
	Premises []string
}

// FollowsGuide reports whether the choice is the guide's advice unchanged.
func (c Choice) FollowsGuide() bool { return slices.Equal(c.Protocols, c.Guide.Protocols) }

// Advise checks a leaf of the guide's tree against all answers. verdict returns the verdict on a
// cell, or an empty one if it was not measured; the guide's table then applies as it is.
func Advise(end *Step, answers Answers, verdict func(id string) Verdict) Choice {
	c := Choice{Guide: end}
	// A refuted performance cell may also be too pessimistic, so it rules out a protocol only if
	// others remain.
	for _, strict := range []bool{true, false} {
		fits := func(protocol string) bool { return len(objections(protocol, answers, verdict, strict)) == 0 }
		if c.Protocols = filter(end.Protocols, fits); len(c.Protocols) == 0 {
			c.Protocols = filter(protocolIDs(), fits)
		}
		if len(c.Protocols) > 0 {
			c.addObjections(end.Protocols, answers, verdict, strict)
			c.Premises = c.findPremises(answers)
			return c
		}
	}
	c.addObjections(protocolIDs(), answers, verdict, false)
	return c
}

func (c *Choice) addObjections(protocols []string, answers Answers, verdict func(id string) Verdict, strict bool) {
	for _, p := range protocols {
		c.Objections = append(c.Objections, objections(p, answers, verdict, strict)...)
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
// refuted, and those that claim it, if refuted.
func objections(protocol string, answers Answers, verdict func(id string) Verdict, strict bool) []Objection {
	var out []Objection
	for _, r := range Requirements {
		cell, _ := CellByID(r.Feature + "/" + protocol)
		if !answers[r.Question] || cell == nil {
			continue
		}
		found := verdict(cell.ID())
		can := slices.Contains(r.Words, cell.Says)
		if refuted := found == Refuted; can == refuted && (strict || !can || r.Feature != "performance") {
			out = append(out, Objection{r, cell, found})
		}
	}
	return out
}

func filter(list []string, want func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !want(s) })
}

// ChangesChoice reports whether answering yes to an unanswered question would change the choice.
func ChangesChoice(question string, end *Step, answers Answers, verdict func(id string) Verdict) bool {
	if _, known := answers[question]; known {
		return false
	}
	return !slices.Equal(Advise(end, answers, verdict).Protocols, Advise(end, answers.And(question), verdict).Protocols)
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
