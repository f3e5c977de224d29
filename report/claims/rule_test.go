package claims

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// madeUp returns a grid of 2 loads, 3 topologies, 3 patterns and 2 encodings with the answers that the
// function gives.
func madeUp(answers func(load, topology, traffic, encoding string) answer) grid {
	g := grid{axes: gridAxes[:4], leastPart: measuredPart}
	for _, load := range []string{"equal", "capacity"} {
		for _, topology := range []string{"each", "one", "core"} {
			for _, traffic := range []string{"echo", "push", "upload"} {
				for _, encoding := range []string{"text", "native"} {
					g.questions = append(g.questions, question{
						at: []string{load, topology, traffic, encoding}, answer: answers(load, topology, traffic, encoding),
						seen: strings.Join([]string{load, topology, traffic, encoding}, " "),
					})
				}
			}
		}
	}
	return g
}

func yesIf(b bool) answer {
	if b {
		return holds
	}
	return fails
}

func TestRule(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers func(load, topology, traffic, encoding string) answer
		want    Verdict
		summary []string // after the count
	}{
		{"all for the guide", func(_, _, _, _ string) answer { return holds }, Confirmed, nil},
		{"all against it", func(_, _, _, _ string) answer { return fails }, Refuted, nil},
		{"nothing decided", func(_, _, _, _ string) answer { return undecided }, Inconclusive, nil},
		{"too few decided", func(load, topology, _, _ string) answer {
			if load == "equal" && topology != "core" {
				return holds
			}
			return undecided
		}, Inconclusive, nil},
		{"half decided", func(load, _, _, _ string) answer {
			if load == "equal" {
				return holds
			}
			return undecided
		}, Confirmed, nil},
		{"one pattern of three against, in one encoding", func(_, _, traffic, encoding string) answer {
			return yesIf(traffic != "push" || encoding == "text")
		}, Depends, []string{
			"depends on the traffic and encoding. True: otherwise (30 of 30). False: push, native (6 of 6)",
			"push, native, for example: equal each push native",
			"otherwise, for example: equal each echo text",
		}},
		{"one load of two", func(load, _, _, _ string) answer { return yesIf(load == "capacity") }, Depends, []string{
			"depends on the load. True: capacity (18 of 18). False: otherwise (18 of 18)",
			"capacity, for example: capacity each echo text",
			"otherwise, for example: equal each echo text",
		}},
		{"at capacity on shared connections", func(load, topology, _, _ string) answer {
			return yesIf(load == "capacity" && topology != "each")
		}, Depends, []string{
			"depends on the load and topology. True: capacity, one (6 of 6); capacity, core (6 of 6). False: otherwise (24 of 24)",
			"capacity, one, for example: capacity one echo text",
			"capacity, core, for example: capacity core echo text",
			"otherwise, for example: equal each echo text",
		}},
		{"an alternation", func(load, topology, traffic, _ string) answer {
			return yesIf((load == "capacity") != (topology == "one") != (traffic == "push"))
		}, Inconclusive, nil},
		{"exceptions too few to tell", func(load, topology, traffic, _ string) answer {
			return yesIf(load != "equal" || topology != "one" || traffic != "push")
		}, Confirmed, nil},
		{"an alternation that leaves most alone", func(load, topology, traffic, encoding string) answer {
			return yesIf(traffic != "push" || (load == "capacity") != (topology == "one") != (encoding == "text"))
		}, Confirmed, nil},
		{"exceptions with some left undecided", func(load, topology, traffic, _ string) answer {
			if topology == "core" && traffic == "echo" {
				return undecided
			}
			return yesIf(load == "equal")
		}, Depends, nil},
	} {
		g := madeUp(c.answers)
		got := g.finding()
		if got.verdict != c.want || len(got.seen) != len(g.questions) {
			t.Errorf("%s: %s, want %s: %q", c.name, got.verdict, c.want, got.summary)
		}
		if c.summary != nil && !slices.Equal(got.summary[1:], c.summary) {
			t.Errorf("%s: %q\nwant %q", c.name, got.summary[1:], c.summary)
		}
	}
}

// An alternation that no axis explains is inconclusive, unless one direction prevails.
func TestRuleWithoutSeparation(t *testing.T) {
	for _, c := range []struct {
		every int // one question of so many is against the guide
		want  Verdict
	}{{2, Inconclusive}, {3, Inconclusive}, {7, Confirmed}} {
		i := 0
		g := grid{axes: []string{"a"}, leastPart: measuredPart}
		for range 42 {
			g.questions = append(g.questions, question{at: []string{"x"}, answer: yesIf(i%c.every > 0)})
			i++
		}
		if got := g.finding(); got.verdict != c.want {
			t.Errorf("one of %d against: %s, want %s", c.every, got.verdict, c.want)
		}
	}
}

// The axis that decides is found, whatever it is called and wherever it stands, even if a twentieth of the
// answers are wrong.
func TestRuleFindsTheAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		axis := rapid.IntRange(0, 3).Draw(t, "axis")
		wrong := rapid.IntRange(0, 35).Draw(t, "wrong")
		i := -1
		g := madeUp(func(load, topology, traffic, encoding string) answer {
			at := []string{load, topology, traffic, encoding}[axis]
			i++
			return yesIf(slices.Contains([]string{"equal", "each", "push", "text"}, at) != (i == wrong))
		})
		got := g.finding()
		if got.verdict != Depends || !strings.HasPrefix(got.summary[1], "depends on the "+gridAxes[axis]+".") {
			t.Fatalf("%s %q, want the axis %s", got.verdict, got.summary, gridAxes[axis])
		}
	})
}

// Answers that change in a quarter of the questions never turn confirmed into refuted.
func TestRuleDoesNotFlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SampledFrom([]answer{undecided, holds, fails})
		first := madeUp(func(_, _, _, _ string) answer { return some.Draw(t, "answer") })
		second := grid{first.axes, slices.Clone(first.questions), first.leastPart}
		for range len(first.questions) / 4 {
			second.questions[rapid.IntRange(0, len(first.questions)-1).Draw(t, "index")].answer = some.Draw(t, "changed")
		}
		verdicts := []Verdict{first.finding().verdict, second.finding().verdict}
		if slices.Contains(verdicts, Confirmed) && slices.Contains(verdicts, Refuted) {
			t.Fatal(fmt.Sprint(verdicts))
		}
	})
}
