package http2

import "golang.org/x/net/http2"

// Flow control (RFC 9113, section 5.2).
const (
	// firstWindow is what each window is before anything is said of it.
	firstWindow = 64<<10 - 1
	// streamWindow bounds what a stream holds that is still to be received, from when
	// somebody receives on: until then that is little, as streams which are opened one
	// after the other would hold much, and all of it old.
	streamWindow = 1 << 20
	// connWindow is that of the connection. It is given back as bytes come, so that a
	// stream that is not received from does not hold up the others.
	connWindow    = 64 << 20
	highestWindow = 1<<31 - 1
)

// fits is how long a frame of st may be now; not above 0 where it must wait.
func (s *Conn) fits(st *Stream) int {
	return int(min(st.window, s.window, int64(s.peerFrame)))
}

func (s *Conn) spend(st *Stream, n int) {
	st.window -= int64(n)
	s.window -= int64(n)
}

// sendPending writes what the windows let through of what st has to send, and its
// end after the last of it.
func (s *Conn) sendPending(st *Stream) {
	for st.sent < len(st.pending) {
		left := st.pending[st.sent:]
		n := min(len(left), s.fits(st))
		if n <= 0 {
			s.queue(st)
			return
		}
		var flags http2.Flags
		if st.ended && n == len(left) {
			flags, st.endSent = flagEnd, true
		}
		s.out = appendFrame(s.out, http2.FrameData, flags, st.id, left[:n])
		s.spend(st, n)
		st.sent += n
	}
	st.dropPending()
	if st.ended && !st.endSent {
		st.endSent = true
		s.out = appendFrame(s.out, http2.FrameData, flagEnd, st.id, nil)
	}
}

func (st *Stream) dropPending() {
	if cap(st.pending) > maxFrame {
		st.pending = nil
	}
	st.pending, st.sent = st.pending[:0], 0
	st.changed.Broadcast()
}

// queue lists st as waiting for windows.
func (s *Conn) queue(st *Stream) {
	if !st.listed {
		st.listed = true
		s.blocked = append(s.blocked, st)
	}
}

// unblock has the streams that wait for windows try again, in their order.
func (s *Conn) unblock() {
	listed := s.blocked
	s.blocked = listed[:0] // it never grows beyond what has been read of listed
	for _, st := range listed {
		st.listed = false
		if !st.over {
			s.sendPending(st)
		}
	}
	clear(listed[len(s.blocked):])
}

// widen takes a WINDOW_UPDATE.
func (s *Conn) widen(f frame) error {
	if len(f.payload) != 4 {
		return broke(http2.ErrCodeFrameSize, "a WINDOW_UPDATE has not 4 bytes")
	}
	n := int64(f.number() & highestWindow)
	if n == 0 {
		return broke(http2.ErrCodeProtocol, "a WINDOW_UPDATE by nothing")
	}
	if f.stream == 0 {
		s.window += n
		if s.window > highestWindow {
			return broke(http2.ErrCodeFlowControl, "a window above its limit")
		}
		s.unblock()
		return nil
	}
	st, err := s.find(f.stream)
	if st == nil {
		return err
	}
	st.window += n
	if st.window > highestWindow {
		return broke(http2.ErrCodeFlowControl, "a window above its limit")
	}
	if len(st.pending) > 0 {
		s.sendPending(st)
	}
	return nil
}

// resize takes a new size of the windows that streams begin with.
func (s *Conn) resize(n uint32) error {
	if n > highestWindow {
		return broke(http2.ErrCodeFlowControl, "a window above its limit")
	}
	change := int64(n) - s.peerWindow
	s.peerWindow = int64(n)
	for _, st := range s.streams {
		st.window += change
		if st.window > highestWindow {
			return broke(http2.ErrCodeFlowControl, "a window above its limit")
		}
	}
	s.unblock()
	return nil
}

// A credit is one window in which the peer sends. It is given back when half of it
// has been used.
type credit struct{ size, left, owed int }

// take says whether the peer was allowed to send n bytes.
func (c *credit) take(n int) bool {
	c.left -= n
	return c.left >= 0
}

// giveBack appends a WINDOW_UPDATE when n more bytes make it worth one.
func (c *credit) giveBack(dst []byte, stream uint32, n int) []byte {
	c.owed += n
	if c.owed < c.size/2 {
		return dst
	}
	dst = appendNumber(dst, http2.FrameWindowUpdate, stream, uint32(c.owed))
	c.left += c.owed
	c.owed = 0
	return dst
}

// grow makes the window of that size, with the next giveBack.
func (c *credit) grow(size int) {
	c.owed += size - c.size
	c.size = size
}
