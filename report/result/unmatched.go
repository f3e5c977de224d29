package result

import (
	"cmp"
	"fmt"
	"slices"
)

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
	return fmt.Sprintf("%s × unmatched — %s", Grouped(k.Count), k.example(limit))
}

func (k UnmatchedKind) example(limit int) string {
	if text := Printable(k.Example); text != "" {
		return Shorten(text, limit)
	}
	return "an empty message"
}
