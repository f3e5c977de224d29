package server

import (
	"bytes"
	"io"

	"rtbench/proto/clock"
)

// A lateReceiver is a stream whose messages are received late.
type lateReceiver struct {
	stream
	lateness *lateness
	order    sequence[[]byte]
	ready    [][]byte
	ended    error
}

func newLateReceiver(st stream, late *lateness) *lateReceiver {
	return &lateReceiver{stream: st, lateness: late, order: sequence[[]byte]{fault: late.fault}}
}

// Recv implements proto.Conn.
func (l *lateReceiver) Recv() ([]byte, error) {
	for len(l.ready) == 0 {
		if l.ended != nil {
			return nil, l.ended
		}
		p, err := l.stream.Recv()
		if err != nil {
			l.ended = err
			l.admit(l.order.rest())
			continue
		}
		if !l.lateness.hold(clock.Now()) {
			return nil, io.ErrClosedPipe
		}
		l.admit(l.order.take(bytes.Clone(p)))
	}
	p := l.ready[0]
	l.ready = l.ready[1:]
	return p, nil
}

func (l *lateReceiver) admit(slots []slot[[]byte]) {
	for _, s := range slots {
		for i := range s.copies {
			p := s.message
			if i > 0 {
				p = bytes.Clone(p)
			}
			l.ready = append(l.ready, p)
		}
	}
}

// Close implements stream.
func (l *lateReceiver) Close() error {
	l.lateness.cancel()
	return l.stream.Close()
}
