package server

import (
	"bytes"

	"rtbench/proto/clock"
)

// A latePattern takes its messages late: whoever brings one is held up until it is
// released.
type latePattern struct {
	pattern
	lateness *lateness
	order    sequence[[]byte]
	broken   bool
}

func newLatePattern(p pattern, late *lateness) *latePattern {
	return &latePattern{pattern: p, lateness: late, order: sequence[[]byte]{fault: late.fault}}
}

// Message implements proto.Handler.
func (l *latePattern) Message(p []byte, at int64) {
	if l.broken = l.broken || !l.lateness.hold(at); !l.broken {
		l.admit(l.order.take(bytes.Clone(p)))
	}
}

func (l *latePattern) admit(slots []slot[[]byte]) {
	for _, s := range slots {
		for range s.copies {
			l.pattern.Message(bytes.Clone(s.message), clock.Now())
		}
	}
}

// Ended implements proto.Handler.
func (l *latePattern) Ended(err error) {
	if !l.broken {
		l.admit(l.order.rest())
	}
	l.pattern.Ended(err)
	l.lateness.cancel()
}

// A lateClosing is the stream of a latePattern: closing it releases whoever is held up.
type lateClosing struct {
	stream
	lateness *lateness
}

// Close implements stream.
func (l *lateClosing) Close() error {
	l.lateness.cancel()
	return l.stream.Close()
}
