package pace

import "slices"

// A dueHeap is a heap of entries, earliest first. Each node has four children whose times
// are adjacent in memory, since every message traverses the heap (LaMarca and Ladner, The
// Influence of Caches on the Performance of Heaps, 1996). The zero value is empty.
type dueHeap []dueEntry

type dueEntry struct {
	due   int64
	entry *entry
}

const children = 4

func (h *dueHeap) add(e *entry) {
	*h = append(*h, dueEntry{e.due, e})
	h.up(len(*h) - 1)
}

// replaceFirst replaces the first entry by e, which has a new due time.
func (h dueHeap) replaceFirst(e *entry) {
	h[0] = dueEntry{e.due, e}
	h.down(0)
}

// delayFirst moves the first entry to the time until; its due time stays.
func (h dueHeap) delayFirst(until int64) {
	h[0].due = until
	h.down(0)
}

func (h *dueHeap) remove(i int) {
	old := *h
	last := len(old) - 1
	old[i] = old[last]
	old[last] = dueEntry{}
	*h = old[:last]
	if i < last {
		h.down(i)
		h.up(i)
	}
}

// deleteFunc removes the entries for which del returns true.
func (h *dueHeap) deleteFunc(del func(*entry) bool) {
	*h = slices.DeleteFunc(*h, func(d dueEntry) bool { return del(d.entry) })
	for i := len(*h)/children + 1; i >= 0; i-- {
		if i < len(*h) {
			h.down(i)
		}
	}
}

func (h dueHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / children
		if h[parent].due <= h[i].due {
			return
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
}

func (h dueHeap) down(i int) {
	moving := h[i]
	for {
		first := children*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+children, len(h)); c++ {
			if h[c].due < h[least].due {
				least = c
			}
		}
		if h[least].due >= moving.due {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = moving
}
