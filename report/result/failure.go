package result

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"rtbench/proto"
)

// A Failure is a class of failures.
type Failure struct {
	Kind    FailureKind
	Class   string
	Count   uint64
	Example string // the first one, if kept
}

// Text formats the failure on one line: count, class, effect and at most limit characters of the
// example, without control characters.
func (t Failure) Text(limit int) string {
	text := fmt.Sprintf("%s × %s", Grouped(t.Count), Printable(t.Class))
	if !strings.HasPrefix(t.Class, string(t.Kind)) && t.Class != EndedByServer {
		text += fmt.Sprintf(" (%s)", t.effect())
	}
	if example := Printable(t.Example); example != "" && example != t.Class {
		text += " — " + Shorten(example, limit)
	}
	return text
}

// Shorten returns at most limit characters of text, as valid UTF-8.
func Shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return string(runes)
}

// effect describes the effect of the failure.
func (t Failure) effect() string {
	switch {
	case t.Kind != Unexpected:
	case proto.IsCallWithoutConnection(t.Class):
		return "call failed"
	case proto.IsStatus(t.Class):
		return "answered by an error"
	}
	return string(t.Kind)
}

// describeUnexpected describes the messages in Unexpected.
func (n Counters) describeUnexpected() string {
	for class := range n.Unexpected {
		if proto.IsStatus(class) {
			return "answered by an error or not as expected"
		}
	}
	return "not as expected"
}

// Printable replaces each run of white space and unprintable characters by a space, so that text is
// one line and safe on a terminal.
func Printable(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }), " ")
}

// EndedByServer is the class in Counters.Closed of streams that ended without a reason.
const EndedByServer = "ended by the server"

// A FailureKind is the effect of a failure.
type FailureKind string

// The kinds of failures, in the order in which they can happen to a stream.
const (
	Refused    FailureKind = "not opened" // opening a stream failed
	Broken     FailureKind = "broke a stream"
	Closed     FailureKind = "closed by the server" // normally
	Unexpected FailureKind = "not as expected"      // the message was not measured
)

type kindCounts struct {
	kind   FailureKind
	counts map[string]uint64 // by class
}

// classes returns the counters by class, in the order of the kinds.
func (n Counters) classes() []kindCounts {
	closed := n.Closed
	if n.Completed > 0 && n.Completed >= total(closed) { // every stream ended after its messages
		closed = nil
	}
	return []kindCounts{{Refused, n.Refused}, {Broken, n.Errors}, {Closed, closed}, {Unexpected, n.Unexpected}}
}

// Failures merges the failure classes of several counters. It sorts them by kind and then by count,
// and keeps the first example of each class.
func Failures(of ...Counters) []Failure {
	var out []Failure
	for i := range (Counters{}).classes() {
		var same []Failure
		for _, n := range of {
			c := n.classes()[i]
			for _, class := range slices.Sorted(maps.Keys(c.counts)) {
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

func total(counts map[string]uint64) uint64 {
	var sum uint64
	for _, n := range counts {
		sum += n
	}
	return sum
}

// An UnmatchedKind counts unmatched messages of the same shape, such as those with the same keys
// and type.
type UnmatchedKind struct {
	Kind    string `json:"kind"` // a hash, stable between runs
	Count   uint64 `json:"count"`
	Example string `json:"example"` // the first one, with secrets removed
}

// UnmatchedKinds merges the kinds of several counters, most frequent first.
func UnmatchedKinds(all ...Counters) []UnmatchedKind {
	var sum []UnmatchedKind
	for _, n := range all {
		for _, k := range n.UnmatchedKinds {
			i := slices.IndexFunc(sum, func(s UnmatchedKind) bool { return s.Kind == k.Kind })
			if i < 0 {
				sum = append(sum, k)
				continue
			}
			sum[i].Count += k.Count
		}
	}
	slices.SortStableFunc(sum, func(a, b UnmatchedKind) int { return cmp.Compare(b.Count, a.Count) })
	return sum
}

// Text formats the kind on one line with at most limit characters of its example.
func (k UnmatchedKind) Text(limit int) string {
	return fmt.Sprintf("%s × unmatched — %s", Grouped(k.Count), k.ExampleText(limit))
}

// ExampleText returns at most limit characters of the example, printable.
func (k UnmatchedKind) ExampleText(limit int) string {
	if text := Printable(k.Example); text != "" {
		return Shorten(text, limit)
	}
	return "an empty message"
}
