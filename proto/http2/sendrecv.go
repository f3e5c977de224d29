package http2

import (
	"errors"
	"io"
	"net"

	"golang.org/x/net/http2"

	"rtbench/proto/eventloop"
)

// Send implements proto.Conn: one message, one write. Where the peer's windows are
// full it waits for them; in a driven stream it does not, and the next one waits, but
// not in a handler. io.EOF says that the stream is over; Recv says why.
func (st *Stream) Send(p []byte) error {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	st.waitForRoom()
	if err := st.cannotSend(); err != nil {
		return err
	}
	st.begun = true
	start := len(s.out)
	s.out = append(s.out, make([]byte, frameHead)...)
	s.out = st.decoder.Framing().Append(s.out, p)
	if n := len(s.out) - start - frameHead; len(st.pending) == 0 && n <= s.fits(st) {
		putFrameHead(s.out[start:], n, http2.FrameData, 0, st.id)
		s.spend(st, n)
	} else {
		st.pending = append(st.pending, s.out[start+frameHead:]...)
		s.out = s.out[:start]
		s.sendPending(st)
	}
	s.flush()
	return st.waitForWindows()
}

func (st *Stream) cannotSend() error {
	switch {
	case st.closed:
		return net.ErrClosed
	case st.over:
		return io.EOF
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	return nil
}

// waitForRoom waits until what was sent before has left, or is about to: not while the
// loop takes what came, as a handler may send then, nor before the first message,
// which a loop may send outside of that.
func (st *Stream) waitForRoom() {
	s := st.session
	for st.begun && !st.over && !s.taking {
		switch {
		case len(st.pending) > 0:
			st.changed.Wait()
		case s.driven != nil && s.driven.Buffered() >= backlog:
			s.driven.WaitBelow(backlog, &s.mu)
		case len(s.out) >= backlog:
			s.room.Wait()
		default:
			return
		}
	}
}

// Writable says whether a Send would not wait for the peer; only a driven stream knows.
func (st *Stream) Writable() bool {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.driven == nil || !st.begun || st.over || len(st.pending) == 0 && !s.driven.Full(backlog)
}

func (st *Stream) waitForWindows() error {
	s := st.session
	waited := false
	for len(st.pending) > 0 && !st.over && !st.driven && !s.taking {
		waited = true
		st.changed.Wait()
	}
	if s.err != nil || waited && st.over {
		return st.cannotSend()
	}
	return nil
}

// Recv implements proto.Conn.
func (st *Stream) Recv() ([]byte, error) {
	for {
		p, n, err := st.decoder.Next(st.rest[st.used:])
		st.used += n
		if err != nil {
			return nil, st.giveUp(err)
		}
		if p != nil {
			return p, nil
		}
		if err := st.receive(); err != nil {
			return nil, err
		}
	}
}

// receive waits for more of the response, or its end.
func (st *Stream) receive() error {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.received.size < streamWindow && !st.over {
		st.received.grow(streamWindow)
		s.giveBack(st, 0)
		s.flush()
	}
	for len(st.in) == 0 && !st.over {
		st.changed.Wait()
	}
	if len(st.in) == 0 || st.closed {
		return st.last()
	}
	n := len(st.in)
	if st.used == len(st.rest) {
		st.rest, st.in = st.in, reusable(st.rest)
	} else {
		st.rest = append(append(st.rest[:0], st.rest[st.used:]...), st.in...)
		st.in = reusable(st.in)
	}
	st.used = 0
	if !st.over {
		s.giveBack(st, n)
		s.flush()
	}
	return nil
}

// reusable empties a buffer, or drops one that a burst has made large.
func reusable(b []byte) []byte {
	if cap(b) > backlog {
		return nil
	}
	return b[:0]
}

func (st *Stream) giveUp(err error) error {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset(st, http2.ErrCodeCancel, err)
	s.flush()
	if st.verdict != nil {
		return st.verdict(nil, err)
	}
	return err
}

// last is how the stream ended, for who has received all.
func (st *Stream) last() error {
	err := st.err
	if errors.Is(err, io.EOF) && st.decoder.Framing() != nil {
		err = st.decoder.Framing().AtEOF(len(st.rest) - st.used)
	}
	if st.verdict != nil {
		return st.verdict(st.trailer, err)
	}
	return err
}

// CloseSend says that no more messages follow; Recv goes on. It may be called more
// than once.
func (st *Stream) CloseSend() error {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.ended || st.over {
		return nil
	}
	st.ended = true
	s.sendPending(st)
	s.flush()
	return nil
}

// feed has the handler take the messages in what was kept and in b.
func (st *Stream) feed(b []byte, at int64) error {
	if len(st.rest) > 0 {
		st.rest = append(st.rest, b...)
		b = st.rest
	}
	used := 0
	for {
		p, n, err := st.decoder.Next(b[used:])
		used += n
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		st.handler.Message(p, at)
	}
	if used < len(b) || len(st.rest) == 0 {
		st.rest = append(st.rest[:0], b[used:]...)
	} else {
		st.rest = reusable(st.rest)
	}
	return nil
}
