package pace

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// After any sequence of operations the first entry is the earliest.
func TestDueHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h dueHeap
		var model []int64
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			due := rapid.Int64Range(0, 50).Draw(t, "due")
			switch what := rapid.IntRange(0, 3).Draw(t, "what"); {
			case what <= 1 || len(h) == 0:
				h.add(&entry{due: due})
				model = append(model, due)
			case what == 2:
				first := h[0]
				model[slices.Index(model, first.due)] = due
				first.entry.due = due
				h.replaceFirst(first.entry)
			default:
				i := rapid.IntRange(0, len(h)-1).Draw(t, "i")
				at := slices.Index(model, h[i].due)
				model = slices.Delete(model, at, at+1)
				h.remove(i)
			}
			if len(h) != len(model) || len(h) > 0 && h[0].due != slices.Min(model) {
				t.Fatalf("%v begins with %d of %d", model, h[0].due, len(h))
			}
		}
	})
}
