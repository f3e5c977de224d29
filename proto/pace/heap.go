package pace

// A dueHeap holds entries with the earliest first: a heap of four children a node,
// whose times lie beside each other in memory, since it is gone through once for each
// message (LaMarca and Ladner, The Influence of Caches on the Performance of Heaps,
// 1996). The zero value is empty.
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

// replaceFirst puts e, which has a new due time, in the place of the first.
func (h dueHeap) replaceFirst(e *entry) {
	h[0] = dueEntry{e.due, e}
	h.down(0)
}

// delayFirst has the first wait until then; its own due time stays.
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
