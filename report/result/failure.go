package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Failure is a class of failure in repetitions of contract own.
type Failure struct {
	Kind    FailureKind
	Class   string
	Count   uint64
	Example string // the first one; empty if none was kept
}

// Text is the trouble on one line: how often, its class, its effect, and at most so many
// characters of the example, without unprintable ones such as control codes of a terminal.
func (t Failure) Text(most int) string {
	text := fmt.Sprintf("%s × %s", grouped(t.Count), Printable(t.Class))
	if !strings.HasPrefix(t.Class, string(t.Kind)) && t.Class != endedInOrder {
		text += fmt.Sprintf(" (%s)", t.effect())
	}
	example := []rune(Printable(t.Example))
	switch {
	case len(example) == 0 || string(example) == t.Class:
		return text
	case len(example) > most:
		return text + " — " + string(example[:most]) + "…"
	}
	return text + " — " + string(example)
}

// effect describes the effect of the trouble.
func (t Failure) effect() string {
	switch {
	case t.Kind != Unexpected:
	case strings.HasPrefix(t.Class, "gRPC ") && strings.Contains(t.Class, ": "): // no connection, so no status from the server
		return "call failed"
	case isStatus(t.Class):
		return "answered by an error"
	}
	return string(t.Kind)
}

// isStatus reports whether a class is the status of a message's own call.
func isStatus(class string) bool {
	return strings.HasPrefix(class, "gRPC ") || strings.HasPrefix(class, "HTTP status ")
}

// describeUnexpected describes the messages in Unexpected.
func (n Counters) describeUnexpected() string {
	for class := range n.Unexpected {
		if isStatus(class) {
			return "answered by an error or not as expected"
		}
	}
	return "not as expected"
}

// Printable makes text one line that is safe on a terminal: each run of white space and
// unprintable characters becomes one space.
func Printable(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }), " ")
}

// endedInOrder is the class of a stream that the server ends normally, without a reason.
const endedInOrder = "ended by the server"

// A FailureKind is the effect of a trouble.
type FailureKind string

// The kinds, in the order in which they happen to a stream.
const (
	Refused    FailureKind = "not opened"           // an attempt to open a stream failed
	Broken     FailureKind = "broke a stream"       // in the middle
	Closed     FailureKind = "closed by the server" // in order
	Unexpected FailureKind = "not as expected"      // a message, which was not measured
)

// classes are the counters by class, in the order of the kinds.
func (n Counters) classes() []struct {
	kind   FailureKind
	counts map[string]uint64
} {
	closed := n.Closed
	if n.Completed > 0 && n.Completed >= total(closed) { // each stream ended after its messages
		closed = nil
	}
	return []struct {
		kind   FailureKind
		counts map[string]uint64
	}{{Refused, n.Refused}, {Broken, n.Errors}, {Closed, closed}, {Unexpected, n.Unexpected}}
}

// Failures are the classes of what went wrong, by kind and then the most frequent first.
// Counters of several repetitions are added up, and the first example of a class is kept.
func Failures(of ...Counters) []Failure {
	var out []Failure
	for i := range (Counters{}).classes() {
		var same []Failure
		for _, n := range of {
			c := n.classes()[i]
			for _, class := range sortedKeys(c.counts) {
				at := slices.IndexFunc(same, func(t Failure) bool { return t.Class == class })
				if at < 0 {
					at, same = len(same), append(same, Failure{Kind: c.kind, Class: class})
				}
				same[at].Count += c.counts[class]
				if same[at].Example == "" {
					same[at].Example = n.Examples[class]
				}
			}
		}
		slices.SortStableFunc(same, func(a, b Failure) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class))
		})
		out = append(out, same...)
	}
	return out
}

// total adds up the counts of all classes.
func total(counts map[string]uint64) uint64 {
	var sum uint64
	for _, n := range counts {
		sum += n
	}
	return sum
}
