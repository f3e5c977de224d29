package claims

import "slices"

// Answers are those to the questions of the guide's tree, by Step.ID. A question that is not
// in it was not answered.
type Answers map[string]bool

// A Requirement is what a yes to a question asks of a protocol: a row of the guide's table
// in which its cell says one of these words.
type Requirement struct {
	Question  string // Step.ID
	Feature   string
	Words     []string
	Condition string // opens a sentence on it
}

// Requirements are those of the tree's questions. The tree asks only some of them on each of
// its ways; the answers count on all.
var Requirements = []Requirement{
	{"bidirectional", "direction", []string{"bidirectional"}, "With messages both ways"},
	{"browser", "browser", []string{"excellent"}, "In a browser"},
	{"binary", "binary", []string{"yes"}, "For binary data"},
	{"performance", "performance", []string{"high", "very high"}, "For high performance"},
}

// An Objection is a cell that speaks against a protocol, given the answers.
type Objection struct {
	Requirement Requirement
	Cell        *Cell
	Verdict     Verdict // of the cell here; empty where nothing was measured
}

// A Choice is what the answers come to: the guide's advice, held against the rest of its
// table and against what was measured.
type Choice struct {
	Guide *Step // the end of the tree
	// Protocols are what is left to choose from: those of the guide's advice that nothing
	// speaks against, or else the others that nothing speaks against; none where something
	// does against each.
	Protocols []string
	// Objections are what speaks against protocols of the guide's advice, and against all
	// where none is left.
	Objections []Objection
	// Premises are the cells that the choice takes for true.
	Premises []string
}

// FollowsGuide says whether the guide's advice is left as it is.
func (c Choice) FollowsGuide() bool { return slices.Equal(c.Protocols, c.Guide.Protocols) }

// Advise holds the end of the guide's tree against all answers. verdict is that of a cell
// here, empty where it was not measured: then the guide's own table counts.
func Advise(end *Step, answers Answers, verdict func(id string) Verdict) Choice {
	c := Choice{Guide: end}
	// Refuted, a cell of the row performance may as well be too low: it speaks against a
	// protocol only while there are others.
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

// findPremises are the cells that a choice takes for true: those of the guide's advice that speak of
// protocols that are left, and those of the requirements.
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

// objections are what speaks against a protocol: a cell that says it cannot, unless that is
// refuted, or one that says it can, and is.
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

// ChangesChoice says whether the answer to a question that was not answered changes the choice.
func ChangesChoice(question string, end *Step, answers Answers, verdict func(id string) Verdict) bool {
	if _, known := answers[question]; known {
		return false
	}
	with := Answers{question: true}
	for id, yes := range answers {
		with[id] = yes
	}
	return !slices.Equal(Advise(end, answers, verdict).Protocols, Advise(end, with, verdict).Protocols)
}
