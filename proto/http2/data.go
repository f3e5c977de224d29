package http2

import (
	"io"

	"golang.org/x/net/http2"
)

// What becomes of a stream. All of this is called with mu held, by who takes what the
// peer sent where nothing else is said.

// find returns the stream of that number, or nil where it is over. The error is for
// one that never was.
func (s *Conn) find(id uint32) (*Stream, error) {
	if id%2 == 0 || id >= s.next {
		return nil, broke(http2.ErrCodeProtocol, "a frame of a stream that was never opened")
	}
	st := s.streams[id]
	if st == nil || st.over {
		return nil, nil
	}
	return st, nil
}

// data takes a frame of DATA.
func (s *Conn) data(f frame, at int64) error {
	size := len(f.payload)
	if !s.received.take(size) {
		return broke(http2.ErrCodeFlowControl, "more than the connection's window")
	}
	s.out = s.received.giveBack(s.out, 0, size)
	body, err := f.body()
	if err != nil {
		return err
	}
	st, err := s.find(f.stream)
	if st == nil {
		return err
	}
	if !st.received.take(size) {
		return broke(http2.ErrCodeFlowControl, "more than the stream's window")
	}
	end := f.flags.Has(flagEnd)
	switch {
	case !st.answered:
		s.reset(st, http2.ErrCodeProtocol, broke(http2.ErrCodeProtocol, "DATA before the header"))
		return nil
	case st.handler != nil:
		s.giveBack(st, size)
		s.feed(st, body, at)
	default:
		s.giveBack(st, size-len(body))
		st.in = append(st.in, body...)
		st.changed.Broadcast()
	}
	if end {
		s.peerEnded(st)
	}
	return nil
}

// giveBack lets the peer send n bytes more on st, soon.
func (s *Conn) giveBack(st *Stream, n int) {
	s.out = st.received.giveBack(s.out, st.id, n)
}

// feed has the handler of st take what came, outside mu.
func (s *Conn) feed(st *Stream, b []byte, at int64) {
	s.mu.Unlock()
	err := st.feed(b, at)
	s.mu.Lock()
	if err != nil {
		s.reset(st, http2.ErrCodeCancel, err)
	}
}

// peerEnded ends a stream on which the peer has sent all. What is not sent of ours
// then is not wanted.
func (s *Conn) peerEnded(st *Stream) {
	if st.over {
		return
	}
	if !st.endSent {
		s.out = appendNumber(s.out, http2.FrameRSTStream, st.id, uint32(http2.ErrCodeNo))
	}
	s.finish(st, io.EOF)
	s.tell(st)
}

// wasReset takes a RST_STREAM.
func (s *Conn) wasReset(f frame) error {
	if len(f.payload) != 4 {
		return broke(http2.ErrCodeFrameSize, "a RST_STREAM has not 4 bytes")
	}
	st, err := s.find(f.stream)
	if st == nil {
		return err
	}
	s.finish(st, &StreamReset{http2.ErrCode(f.number())})
	s.tell(st)
	return nil
}

// reset ends a stream here, and tells the peer.
func (s *Conn) reset(st *Stream, code http2.ErrCode, err error) {
	if st.over {
		return
	}
	s.out = appendNumber(s.out, http2.FrameRSTStream, st.id, uint32(code))
	s.finish(st, err)
	s.tellSoon(st)
}

// finish marks a stream as over. A driven one is found until its handler knows.
func (s *Conn) finish(st *Stream, err error) {
	if st.over {
		return
	}
	st.over, st.err = true, err
	st.dropPending()
	s.open--
	s.room.Broadcast()
	if s.driven != nil {
		s.driven.Wake()
	}
	if st.handler == nil {
		delete(s.streams, st.id)
	}
}

// tell tells the handler of a stream that is over, once.
func (s *Conn) tell(st *Stream) {
	if st.handler == nil || st.told {
		return
	}
	st.told = true
	delete(s.streams, st.id)
	err := st.last()
	s.mu.Unlock()
	st.handler.Ended(err)
	s.mu.Lock()
}

// tellSoon is tell from any goroutine. Where the loop has ended, so has the connection,
// and gone has told.
func (s *Conn) tellSoon(st *Stream) {
	if st.handler != nil {
		s.loop.Post(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.tell(st)
		})
	}
}
