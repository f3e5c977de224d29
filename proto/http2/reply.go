package http2

import (
	"errors"
	"io"

	"golang.org/x/net/http2"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// decodeBy sets the framing of received messages.
func (st *Stream) decodeBy(f framing.Framing) {
	st.decoder = framing.NewDecoder(f)
	if framing.Replies(f) {
		st.decoder.Replies = (*replier)(st)
	}
}

// A replier adapts a Stream to framing.Replier.
type replier Stream

// Finish sends the end of the messages in their framing, such as a close frame; later sends fail. The
// stream goes on until CloseSend. It may be called more than once.
func (st *Stream) Finish(end []byte) error { return st.finish(end, eventloop.ErrSendAfterEnd) }

// ReplyLast implements framing.Replier, unless Finish has been called.
func (r *replier) ReplyLast(p []byte) error { return (*Stream)(r).finish(p, eventloop.ErrPeerEnded) }

// finish sends the last bytes; Send then returns later.
func (st *Stream) finish(p []byte, later error) error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.sendError() == nil {
		st.last = later
		st.append(nil, p)
		c.flush()
	}
	return nil
}

// maxReplies is the number of unsent bytes of a stream from which replies are dropped; otherwise a peer that
// pings and does not read would exhaust the memory. See package eventloop.
const maxReplies = 64 << 10

// Reply implements framing.Replier.
func (r *replier) Reply(p []byte) error {
	st, c := (*Stream)(r), r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.sendError() == nil && len(st.pending)-st.sent < maxReplies {
		st.append(nil, p)
		c.flush()
	}
	return nil
}

// leave ends the client's stream after an end that the framing found: in order if that was, and if all is
// sent; otherwise by a reset. It needs c.mu.
func (c *Conn) leave(st *Stream, err error) {
	inOrder := errors.Is(err, io.EOF) && !st.over && !st.ended
	if inOrder {
		st.ended = true
		c.sendPending(st)
	}
	if !inOrder || !st.endSent {
		c.resetStream(st, http2.ErrCodeCancel, err)
		return
	}
	c.endStream(st, err)
	c.notifyLater(st)
}
