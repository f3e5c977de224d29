package session

import (
	"math"
	"sync/atomic"
)

// edges call a function at the beginning and at the end of the steady phase, from the goroutine that
// handles the first message at or after it. In a closed loop that is at once, whereas a timer of a
// process whose goroutines never wait is late by tens of milliseconds.
type edges struct {
	next atomic.Int64 // time of the next edge
	call func(end bool)
}

// arm prepares the edges of a steady phase; without a function there are none. It must be called before
// sending starts.
func (e *edges) arm(from int64, call func(end bool)) {
	e.call = call
	e.next.Store(math.MaxInt64)
	if call != nil {
		e.next.Store(from)
	}
}

// pass notes that a message is handled now.
func (e *edges) pass(g *Group, now int64) {
	if now >= e.next.Load() {
		e.cross(g)
	}
}

func (e *edges) cross(g *Group) {
	switch {
	case e.next.CompareAndSwap(g.From, g.To):
		e.call(false)
	case e.next.CompareAndSwap(g.To, math.MaxInt64):
		e.call(true)
	}
}
