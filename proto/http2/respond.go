package http2

import (
	"context"
	"io"

	"golang.org/x/net/http2"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// Header returns the header of the request, at the server's end. It is valid until the
// stream is over.
func (st *Stream) Header() Header { return st.header }

// Complete reports, to Accept, whether the request has no body.
func (st *Stream) Complete() bool { return st.peerEnded }

// Context returns a child of parent that ends with the stream, at the server's end. It may
// be called once.
func (st *Stream) Context(parent context.Context) context.Context {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	var ctx context.Context
	if ctx, st.cancel = context.WithCancel(parent); st.over {
		st.cancel()
	}
	return ctx
}

// Respond sends the header of the response, at the server's end. Messages sent are framed
// by f. Respond may be called once, before Send.
func (st *Stream) Respond(h Header, f framing.Framing) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.framing = f
	if !st.over && !st.responded {
		st.responded = true
		c.appendHeaders(st.id, h, 0)
		c.flush()
	}
}

// Reply sends a whole response.
func (st *Stream) Reply(h Header, body []byte) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.over || st.responded {
		return
	}
	st.responded, st.ended = true, true
	if len(body) == 0 {
		st.endSent = true
		c.appendHeaders(st.id, h, flagEnd)
	} else {
		c.appendHeaders(st.id, h, 0)
	}
	st.pending = append(st.pending, body...)
	c.sendPending(st)
	c.flush()
}

// Handle makes h receive the messages of the request, framed by f; without f, data is
// dropped. h runs on the goroutine that receives for the connection. Its Ended is called
// with io.EOF at the end of the request or, without f, of the stream. After another error
// the response may be incomplete. Handle must be called by Accept, Server.Body or an
// earlier handler.
func (st *Stream) Handle(f framing.Framing, h proto.Handler) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.decodeBy(f)
	st.handler = h
}

// Receive prepares Recv for the messages of the request, framed by f. Accept must call it.
func (st *Stream) Receive(f framing.Framing) { st.decodeBy(f) }

// Collect makes Server.Body receive the body of the request. Accept must call it.
func (st *Stream) Collect() {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	st.collects = true
}

// CloseWith is CloseSend with a trailer, at the server's end.
func (st *Stream) CloseWith(trailer Header) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if !st.ended && !st.over {
		st.ended, st.closing = true, trailer
		c.sendPending(st)
		c.flush()
	}
}

// endAnswered ends a stream whose response is sent. The rest of the request is not needed.
func (c *Conn) endAnswered(st *Stream) {
	if !st.peerEnded {
		c.out = appendNumber(c.out, http2.FrameRSTStream, st.id, uint32(http2.ErrCodeNo))
	}
	c.excess = max(0, c.excess-1)
	c.endStream(st, io.EOF)
	c.notifyLater(st)
}
