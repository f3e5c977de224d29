package http2

import (
	"slices"

	"golang.org/x/net/http2"
)

// Flow control (RFC 9113, section 5.2).
const (
	// firstWindow is the initial size of every window.
	firstWindow = 64<<10 - 1
	// streamWindow bounds the unreceived data of a stream, from its first Recv. Before
	// that the window is small: many streams opened one after another would buffer much
	// data, all of it stale.
	streamWindow = 1 << 20
	// connWindow is the connection's window. Its credit is returned as data arrives, so
	// that a stream without a reader does not block the others.
	connWindow = 64 << 20
	// serverWindow is the server's connection window. It bounds what the streams of a client
	// hold: received and not taken, or answered while the client does not receive.
	serverWindow  = 16 << 20
	highestWindow = 1<<31 - 1
)

// maxData returns the size of a DATA frame that st may send now; it must wait if that is
// not positive.
func (c *Conn) maxData(st *Stream) int {
	return int(min(c.peerWindow+st.window, c.window, int64(c.peerFrame)))
}

func (c *Conn) consume(st *Stream, n int) {
	st.window -= int64(n)
	c.window -= int64(n)
}

// sendPending sends as much of st's data as the windows allow, and its end after the last
// of it.
func (c *Conn) sendPending(st *Stream) {
	for st.sent < len(st.pending) {
		left := st.pending[st.sent:]
		n := min(len(left), c.maxData(st))
		if n <= 0 {
			c.queueBlocked(st)
			return
		}
		var flags http2.Flags
		if st.ended && n == len(left) && len(st.closing) == 0 {
			flags, st.endSent = flagEnd, true
		}
		c.out = appendFrame(c.out, http2.FrameData, flags, st.id, left[:n])
		c.consume(st, n)
		st.sent += n
	}
	st.dropPending()
	if st.unreturned > 0 {
		c.returnCreditOfEcho(st, 0)
	}
	switch {
	case !st.ended:
		return
	case len(st.closing) > 0:
		c.appendHeaders(st.id, st.closing, flagEnd)
	case !st.endSent:
		c.out = appendFrame(c.out, http2.FrameData, flagEnd, st.id, nil)
	}
	st.endSent = true
	if c.server != nil {
		c.endAnswered(st)
	}
}

func (st *Stream) dropPending() {
	if cap(st.pending) > maxFrame {
		st.pending = nil
	}
	st.pending, st.sent = st.pending[:0], 0
	st.changed.Broadcast()
}

// queueBlocked adds st to the streams that wait for window space. Those that are over are
// removed once they may be half of them.
func (c *Conn) queueBlocked(st *Stream) {
	if st.queued {
		return
	}
	if len(c.blocked) >= 2*c.open {
		c.blocked = slices.DeleteFunc(c.blocked, func(b *Stream) bool { b.queued = !b.over; return b.over })
	}
	st.queued = true
	c.blocked = append(c.blocked, st)
}

// resumeBlocked lets the waiting streams send, in their order, while the connection's
// window has space.
func (c *Conn) resumeBlocked() {
	queued := c.blocked
	c.blocked = queued[:0] // never grows beyond the part of queued already read
	for i, st := range queued {
		if c.window <= 0 {
			c.blocked = append(c.blocked, queued[i:]...)
			break
		}
		st.queued = false
		if !st.over {
			c.sendPending(st)
		}
	}
	clear(queued[len(c.blocked):])
}

// handleWindowUpdate handles WINDOW_UPDATE.
func (c *Conn) handleWindowUpdate(f frame) error {
	if len(f.payload) != 4 {
		return newViolation(http2.ErrCodeFrameSize, "WINDOW_UPDATE payload is not 4 bytes")
	}
	n := int64(f.number() & highestWindow)
	if n == 0 {
		return newViolation(http2.ErrCodeProtocol, "WINDOW_UPDATE with increment 0")
	}
	if f.stream == 0 {
		return c.enlargeWindow(n)
	}
	st, err := c.findStream(f.stream)
	if st == nil {
		return err
	}
	if st.window += n; c.peerWindow+st.window > highestWindow {
		c.resetStream(st, http2.ErrCodeFlowControl, errWindow)
		return nil
	}
	if len(st.pending) > 0 {
		c.sendPending(st)
	}
	return nil
}

var errWindow = newViolation(http2.ErrCodeFlowControl, "flow-control window above 2³¹−1")

// enlargeWindow adds n bytes to the connection's window.
func (c *Conn) enlargeWindow(n int64) error {
	full := c.window <= 0
	if c.window += n; c.window > highestWindow {
		return errWindow
	}
	if full { // otherwise it blocks no stream
		c.resumeBlocked()
	}
	return nil
}

// setInitialWindow applies SETTINGS_INITIAL_WINDOW_SIZE, to which the windows of streams
// are relative.
func (c *Conn) setInitialWindow(n uint32) error {
	if n > highestWindow {
		return errWindow
	}
	c.peerWindow = int64(n)
	return nil
}

// A recvWindow is a window in which the peer sends. Its credit is returned once half of
// it is used.
type recvWindow struct{ size, left, unreturned int }

// take reports whether the peer was allowed to send n bytes.
func (w *recvWindow) take(n int) bool {
	w.left -= n
	return w.left >= 0
}

// update returns n bytes of credit. It appends a WINDOW_UPDATE once half of the window is
// unreturned.
func (w *recvWindow) update(dst []byte, stream uint32, n int) []byte {
	w.unreturned += n
	if w.unreturned < w.size/2 {
		return dst
	}
	dst = appendNumber(dst, http2.FrameWindowUpdate, stream, uint32(w.unreturned))
	w.left += w.unreturned
	w.unreturned = 0
	return dst
}

// grow enlarges the window to size at the next update.
func (w *recvWindow) grow(size int) {
	w.unreturned += size - w.size
	w.size = size
}
