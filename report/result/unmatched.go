package result

import (
	"cmp"
	"fmt"
	"slices"
)

// An UnmatchedKind counts unmatched messages that look alike, such as all with the same keys
// and type.
type UnmatchedKind struct {
	Kind    string `json:"kind"` // a hash, the same in every run
	Count   uint64 `json:"count"`
	Example string `json:"example"` // the first, without secrets
}

// UnmatchedKinds adds up the kinds of several counters, the most frequent first.
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

// Text is the kind on one line, with at most so many printable characters of its example.
func (k UnmatchedKind) Text(most int) string {
	return fmt.Sprintf("%s × unmatched — %s", grouped(k.Count), k.example(most))
}

func (k UnmatchedKind) example(most int) string {
	text := []rune(Printable(k.Example))
	switch {
	case len(text) == 0:
		return "an empty message"
	case len(text) > most:
		return string(text[:most]) + "…"
	}
	return string(text)
}
