package server

import (
	"bytes"

	"rtbench/proto/clock"
)

// A delayedPattern delays the messages of a pattern. Its Message blocks until the message
// is released.
type delayedPattern struct {
	pattern
	delayer *delayer
	order   messageOrder[[]byte]
	broken  bool
}

func newDelayedPattern(p pattern, d *delayer) *delayedPattern {
	return &delayedPattern{pattern: p, delayer: d, order: messageOrder[[]byte]{fault: d.fault}}
}

func (l *delayedPattern) Message(p []byte, at int64) {
	if l.broken = l.broken || !l.delayer.wait(at); !l.broken {
		l.admit(l.order.next(bytes.Clone(p)))
	}
}

func (l *delayedPattern) admit(slots []delivery[[]byte]) {
	for _, s := range slots {
		for range s.copies {
			l.pattern.Message(bytes.Clone(s.message), clock.Now())
		}
	}
}

func (l *delayedPattern) Ended(err error) {
	if !l.broken {
		l.admit(l.order.flush())
	}
	l.pattern.Ended(err)
	l.delayer.cancel()
}

// A delayedPatternStream is the stream of a delayedPattern. Closing it unblocks Message.
type delayedPatternStream struct {
	stream
	delayer *delayer
}

func (l *delayedPatternStream) Close() error {
	l.delayer.cancel()
	return l.stream.Close()
}
