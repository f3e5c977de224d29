package claims

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// combinations returns all answers to the four questions.
func combinations() []Answers {
	var out []Answers
	for bits := range 16 {
		out = append(out, Answers{
			"bidirectional": bits&1 > 0, "browser": bits&2 > 0, "binary": bits&4 > 0, "performance": bits&8 > 0,
		})
	}
	return out
}

func leafFor(t interface{ Fatal(...any) }, answers Answers) *Step {
	leaf, err := Tree.Walk(func(s *Step) (bool, error) { return answers[s.ID], nil })
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// always returns findings with the same verdict on each cell, without comparisons.
func always(v Verdict) Findings {
	f := Findings{cells: map[string]Claim{}}
	for _, id := range CellIDs() {
		f.cells[id] = Claim{Verdict: v}
	}
	return f
}

// leading adds that a is confirmed to be ahead of b.
func (f Findings) leading(a, b string) Findings {
	if f.leads == nil {
		f.leads = map[[2]string]Claim{}
	}
	f.leads[[2]string{a, b}] = Claim{ID: a + "/" + b, Verdict: Confirmed}
	f.leads[[2]string{b, a}] = Claim{ID: b + "/" + a, Verdict: Refuted}
	return f
}

// All 16 answers, if the guide's table is not measured, confirmed or undecided.
func TestAdviceForAllAnswers(t *testing.T) {
	want := map[string][]string{ // bidirectional, browser, binary, performance
		"no no no no": {"grpc"}, "no no no yes": {"grpc"}, "no no yes no": {"grpc"}, "no no yes yes": {"grpc"},
		"no yes no no": {"sse"}, "no yes no yes": {"websocket"}, "no yes yes no": {"websocket"}, "no yes yes yes": {"websocket"},
		"yes no no no": {"websocket"}, "yes no no yes": {"grpc"}, "yes no yes no": {"websocket", "grpc"}, "yes no yes yes": {"websocket", "grpc"},
		"yes yes no no": {"websocket"}, "yes yes no yes": {"websocket"}, "yes yes yes no": {"websocket"}, "yes yes yes yes": {"websocket"},
	}
	word := map[bool]string{false: "no", true: "yes"}
	for _, a := range combinations() {
		key := fmt.Sprintf("%s %s %s %s", word[a["bidirectional"]], word[a["browser"]], word[a["binary"]], word[a["performance"]])
		for _, v := range []Verdict{"", Confirmed, Inconclusive, NotTestable} {
			c := Advise(leafFor(t, a), a, always(v))
			if !slices.Equal(c.Protocols, want[key]) {
				t.Errorf("%s, all %q: %v, want %v", key, v, c.Protocols, want[key])
			}
			if c.FollowsGuide() != slices.Equal(c.Guide.Protocols, want[key]) || !c.FollowsGuide() && len(c.Objections) == 0 {
				t.Errorf("%s: FollowsGuide = %v with %d objections", key, c.FollowsGuide(), len(c.Objections))
			}
		}
	}
}

// For all verdicts, a confirmed claim never contradicts the advice, the advice never relies on a
// refuted cell that was asked for, only a confirmed lead overrules it, and if no protocol remains, there is
// an objection to each.
func TestAdviceIsNeverContradicted(t *testing.T) {
	denies := map[string]string{ // question: cell that rules its protocol out if confirmed
		"bidirectional": "direction/sse", "browser": "browser/grpc", "binary": "binary/sse",
	}
	allows := map[string][]string{
		"bidirectional": {"direction/websocket", "direction/grpc"}, "browser": {"browser/websocket", "browser/sse"},
		"binary": {"binary/websocket", "binary/grpc"},
	}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SampledFrom([]Verdict{"", Confirmed, Refuted, Depends, Inconclusive, NotTestable})
		found := Findings{map[string]Claim{}, map[[2]string]Claim{}}
		for _, id := range CellIDs() {
			found.cells[id] = Claim{Verdict: some.Draw(t, id)}
		}
		for _, a := range protocolIDs() {
			for _, b := range protocolIDs() {
				found.leads[[2]string{a, b}] = Claim{Verdict: some.Draw(t, a+b)}
			}
		}
		for _, a := range combinations() {
			c := Advise(leafFor(t, a), a, found)
			isOf := func(id, protocol string) bool {
				cell, _ := CellByID(id)
				return cell.Protocol == protocol
			}
			for question, yes := range a {
				for _, p := range c.Protocols {
					if id := denies[question]; yes && id != "" && isOf(id, p) && found.Verdict(id) == Confirmed {
						t.Fatalf("%v: advice %s, although %s is confirmed", a, p, id)
					}
					for _, id := range allows[question] {
						if yes && isOf(id, p) && found.Verdict(id) == Refuted {
							t.Fatalf("%v: advice %s, although %s is refuted", a, p, id)
						}
					}
				}
			}
			checkObjections(t, a, c)
			for _, p := range c.Overruled() {
				if !slices.ContainsFunc(protocolIDs(), func(q string) bool { return found.Lead(q, p).Verdict == Confirmed }) {
					t.Fatalf("%v: %s is overruled without a confirmed lead", a, p)
				}
			}
		}
	})
}

func checkObjections(t *rapid.T, a Answers, c Choice) {
	if len(c.Protocols) > 0 && (len(c.Premises) == 0 || !c.FollowsGuide() && len(c.Objections)+len(c.Overruled()) == 0) {
		t.Fatalf("%v: %v lacks premises, or objections to the guide's advice", a, c.Protocols)
	}
	if len(c.Protocols) > 0 {
		return
	}
	for _, p := range protocolIDs() {
		if !slices.ContainsFunc(c.Objections, func(o Objection) bool { return o.Cell.Protocol == p }) {
			t.Fatalf("%v: no protocol remains, but there is no objection to %s", a, p)
		}
	}
}

// Refuting a cell that rules out a protocol admits it again.
func TestAdviceFollowsRefutedCells(t *testing.T) {
	for _, c := range []struct {
		answers Answers
		refuted string
		want    []string
	}{
		{Answers{"bidirectional": true, "browser": true, "performance": true}, "browser/grpc", []string{"grpc"}},
		{Answers{"browser": true, "binary": true}, "binary/sse", []string{"sse"}},
		{Answers{"bidirectional": true, "binary": true}, "binary/grpc", []string{"websocket"}},
		{Answers{"bidirectional": true, "binary": true}, "direction/websocket", []string{"grpc"}},
		{Answers{"bidirectional": true, "performance": true}, "performance/grpc", []string{"grpc"}}, // nothing is known to be better
		{Answers{"bidirectional": true, "browser": true}, "browser/websocket", nil},
		{Answers{"browser": true, "performance": true}, "performance/websocket", []string{"websocket"}},
	} {
		found := always(Confirmed)
		found.cells[c.refuted] = Claim{Verdict: Refuted}
		if got := Advise(leafFor(t, c.answers), c.answers, found); !slices.Equal(got.Protocols, c.want) {
			t.Errorf("%v with %s refuted: %v, want %v", c.answers, c.refuted, got.Protocols, c.want)
		}
	}
}

// A protocol that is measured ahead overrules the guide where performance matters, if it fits.
func TestMeasurementsOverruleTheGuide(t *testing.T) {
	bidirectional := Answers{"bidirectional": true, "performance": true}
	for _, c := range []struct {
		name      string
		answers   Answers
		found     Findings
		want      []string
		overruled []string
	}{
		{"WebSocket ahead", bidirectional, always("").leading("websocket", "grpc"), []string{"websocket"}, []string{"grpc"}},
		{"gRPC ahead", bidirectional, always("").leading("grpc", "websocket"), []string{"grpc"}, nil},
		{"SSE ahead, but it cannot send", bidirectional, always("").leading("sse", "grpc"), []string{"grpc"}, nil},
		{"performance does not matter", Answers{"bidirectional": true}, always("").leading("grpc", "websocket"), []string{"websocket"}, nil},
		{"the leaf rests on performance", Answers{}, always("").leading("websocket", "grpc"), []string{"websocket"}, []string{"grpc"}},
		{"two ahead", Answers{}, always("").leading("websocket", "grpc").leading("sse", "grpc"), []string{"websocket", "sse"}, []string{"grpc"}},
		{"two ahead, one of the other", Answers{}, always("").leading("websocket", "grpc").leading("sse", "grpc").leading("sse", "websocket"), []string{"sse"}, []string{"grpc"}},
		{"SSE ahead in a browser", Answers{"browser": true, "performance": true}, always("").leading("sse", "websocket"), []string{"sse"}, []string{"websocket"}},
		{"gRPC ahead, but not in a browser", Answers{"bidirectional": true, "browser": true, "performance": true}, always("").leading("grpc", "websocket"), []string{"websocket"}, nil},
		{"one of two advised is ahead", Answers{"bidirectional": true, "binary": true, "performance": true}, always("").leading("websocket", "grpc"), []string{"websocket"}, []string{"grpc"}},
	} {
		got := Advise(leafFor(t, c.answers), c.answers, c.found)
		if !slices.Equal(got.Protocols, c.want) || !slices.Equal(got.Overruled(), c.overruled) {
			t.Errorf("%s: %v overruling %v, want %v and %v", c.name, got.Protocols, got.Overruled(), c.want, c.overruled)
		}
	}
}

// ChangesChoice reports exactly the questions whose answer would change the choice.
func TestChangesChoice(t *testing.T) {
	for _, c := range []struct {
		answers  Answers
		question string
		want     bool
	}{
		{Answers{"bidirectional": true, "binary": false, "performance": true}, "browser", true},
		{Answers{"bidirectional": true, "binary": true}, "browser", true},
		{Answers{"bidirectional": true, "binary": false, "performance": false}, "browser", false},
		{Answers{"bidirectional": false, "browser": true}, "binary", true},
		{Answers{"bidirectional": false, "browser": false}, "binary", false},
		{Answers{"bidirectional": false, "browser": true}, "browser", false}, // already answered
	} {
		if got := ChangesChoice(c.question, leafFor(t, c.answers), c.answers, always("")); got != c.want {
			t.Errorf("ChangesChoice(%s) with %v = %v, want %v", c.question, c.answers, got, c.want)
		}
	}
}
