package http2

import (
	"errors"
	"io"
	"net"

	"golang.org/x/net/http2"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// Send implements proto.Conn. It writes each message at once and keeps what exceeds the
// peer's windows; the next Send blocks until it is sent, unless a handler calls it. At the
// server's end, Send itself blocks if no loop drives the connection. The error io.EOF means
// that the stream is over; Recv returns the reason.
func (st *Stream) Send(p []byte) error { return st.send(st.framing, p) }

// send sends a message framed by f, or already framed if f is nil.
func (st *Stream) send(f framing.Framing, p []byte) error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.waitToSend()
	if err := st.sendError(); err != nil {
		return err
	}
	st.append(f, p)
	c.flush()
	return st.waitForWindows()
}

// append buffers a message; see send.
func (st *Stream) append(f framing.Framing, p []byte) {
	c := st.conn
	st.sentAny = true
	start := len(c.out)
	c.out = append(c.out, make([]byte, frameHeaderLen)...)
	if f != nil {
		c.out = f.Append(c.out, p)
	} else {
		c.out = append(c.out, p...)
	}
	if n := len(c.out) - start - frameHeaderLen; len(st.pending) == 0 && n <= c.maxData(st) {
		putFrameHeader(c.out[start:], n, http2.FrameData, 0, st.id)
		c.consume(st, n)
	} else {
		st.pending = append(st.pending, c.out[start+frameHeaderLen:]...)
		c.out = c.out[:start]
		c.sendPending(st)
	}
}

func (st *Stream) sendError() error {
	switch {
	case st.closed:
		return net.ErrClosed
	case st.over:
		return io.EOF
	case st.last != nil:
		return st.last
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	return nil
}

// Recv implements proto.Conn.
func (st *Stream) Recv() ([]byte, error) {
	for {
		p, n, err := st.decoder.Next(st.rest[st.used:])
		st.used += n
		if err != nil {
			return nil, st.failRecv(err)
		}
		if p != nil {
			return p, nil
		}
		if err := st.receive(); err != nil {
			return nil, err
		}
	}
}

// receive waits for more data or its end.
func (st *Stream) receive() error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.received.size < streamWindow && !st.over {
		st.received.grow(streamWindow)
		c.returnCredit(st, 0)
		c.flush()
	}
	for len(st.in) == 0 && !st.over && !st.peerEnded {
		st.changed.Wait()
	}
	if len(st.in) == 0 || st.closed {
		return st.endError()
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
		c.returnCredit(st, n)
		c.flush()
	}
	return nil
}

// reusable empties a buffer, or drops it if a burst has made it large.
func reusable(b []byte) []byte {
	if cap(b) > maxBuffered {
		return nil
	}
	return b[:0]
}

func (st *Stream) failRecv(err error) error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.found = err
	if c.server != nil {
		return err // the receiver answers
	}
	c.leave(st, err)
	c.flush()
	if st.response != nil {
		return st.response.End(nil, err)
	}
	return err
}

// endError returns the end of the stream to a receiver that has all data.
func (st *Stream) endError() error {
	err := st.err
	if st.peerEnded && err == nil {
		err = io.EOF // of the request; the response may go on
	}
	switch {
	case st.found != nil:
		err = st.found
	case errors.Is(err, io.EOF) && st.decoder.Framing() != nil:
		err = st.decoder.Framing().AtEOF(len(st.rest) - st.used)
	}
	if st.response != nil {
		return st.response.End(st.trailer, err)
	}
	return err
}

// CloseSend ends the sending direction; Recv continues. It may be called more than once.
func (st *Stream) CloseSend() error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.ended || st.over {
		return nil
	}
	st.ended = true
	c.sendPending(st)
	c.flush()
	return nil
}

// deliver passes the messages in the unused bytes and b to the handler.
func (st *Stream) deliver(b []byte, at int64) error {
	if len(st.rest) > 0 {
		st.rest = append(st.rest, b...)
		b = st.rest
	}
	used := 0
	for st.decoder.Framing() != nil { // a handler may expect no more
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
	if st.decoder.Framing() == nil {
		used = len(b)
	}
	if used < len(b) || len(st.rest) == 0 {
		st.rest = append(st.rest[:0], b[used:]...)
	} else {
		st.rest = reusable(st.rest)
	}
	return nil
}
