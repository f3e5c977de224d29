package http2

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// A Stream is a request and its response, whose bodies are messages. Send and Recv follow
// proto.Conn and do not allocate once the buffers have grown. Messages go to Recv or to a
// handler. Close may be called more than once, from any goroutine and at any time; it
// unblocks Send and Recv.
type Stream struct {
	conn     *Conn
	framing  framing.Framing // of sent messages
	decoder  framing.Decoder
	response Response // only at the client's end; may be nil

	// Guarded by conn.mu.
	changed    sync.Cond
	id         uint32 // 0 before Open
	answered   bool   // header is set
	over       bool
	err        error // why it is over; io.EOF after a clean end
	header     Header
	trailer    Header        // received by the client
	driven     bool          // a handler receives, or is about to
	handler    proto.Handler // runs on the receiving goroutine
	delivering bool          // the handler runs, without conn.mu
	notified   bool          // the handler was told the end
	in         []byte        // received and not taken yet
	received   recvWindow
	unreturned int // bytes whose credit waits for pending to be sent

	window  int64 // bytes that may be sent beyond conn.peerWindow
	pending []byte
	sent    int   // bytes of pending
	queued  bool  // in conn.blocked
	sentAny bool  // Send was called
	last    error // of Send after the framing's last bytes; see Finish
	ended   bool  // CloseSend was called
	endSent bool
	closed  bool // Close was called

	deadline time.Time // see SetDeadline
	timer    *time.Timer

	// Only at the server's end.
	responded  bool               // the response header is sent
	prompt     bool               // Send never blocks
	cancel     context.CancelFunc // of Context; nil if it was not called
	collects   bool               // the body is collected for Server.Body
	peerEnded  bool               // the request is complete
	length     int64              // content-length, or -1
	bodySize   int64              // bytes of the body so far
	batch      uint64             // conn.batch when the stream was opened
	incomplete int                // see Conn.hold
	held       int                // bytes whose connection credit is not returned
	closing    Header             // the trailer, sent after pending

	// Owned by the receiving goroutine.
	rest  []byte
	used  int   // bytes of rest
	found error // the end that the framing found
}

// A Response checks responses at the client's end. Its methods are called by the goroutine
// that receives and must not block or use the stream.
type Response interface {
	// Header checks the header of a response. After an error the client resets the stream.
	Header(h Header) error
	// End maps the end of a response to the error for the receiver: io.EOF for a clean end.
	// err is io.EOF if the response is complete; trailer is then its trailer, or its header
	// if it has nothing else.
	End(trailer Header, err error) error
}

// StreamReset reports a RST_STREAM from the peer.
type StreamReset struct {
	Code     http2.ErrCode
	byClient bool
}

func (r *StreamReset) Error() string {
	if r.byClient {
		return "the client reset the stream: " + r.Code.String()
	}
	return "the server reset the stream: " + r.Code.String()
}

// Unwrap returns io.ErrUnexpectedEOF.
func (r *StreamReset) Unwrap() error { return io.ErrUnexpectedEOF }

// Refused reports whether the peer has not processed the request (RFC 9113, section 8.7).
func (r *StreamReset) Refused() bool { return r.Code == http2.ErrCodeRefusedStream }

// Class returns the kind of the error, for counting: one for each standard code and one
// for all others.
func (r *StreamReset) Class() string {
	if r.Code > http2.ErrCodeHTTP11Required {
		return "HTTP/2 reset: unknown code"
	}
	return "HTTP/2 reset: " + r.Code.String()
}

// GoAway is the error of streams that the peer did not process, or that were open when
// the connection ended, after a GOAWAY.
type GoAway struct {
	Code        http2.ErrCode
	Unprocessed bool // a repeated request is not processed twice
	// TooManyPings is the reason of gRPC's servers for clients that ping more often than they allow.
	TooManyPings bool
}

// tooManyPings is the debug data of a GOAWAY of gRPC's servers (gRFC A8).
const tooManyPings = "too_many_pings"

func (g *GoAway) Error() string {
	if g.TooManyPings {
		return "the server closed the connection because of too many pings (" + g.Code.String() + ", too_many_pings): " + io.ErrUnexpectedEOF.Error()
	}
	return "the server closed the connection to new streams (" + g.Code.String() + "): " + io.ErrUnexpectedEOF.Error()
}

// Unwrap returns io.ErrUnexpectedEOF.
func (g *GoAway) Unwrap() error { return io.ErrUnexpectedEOF }

// Class returns the kind of the error, for counting.
func (g *GoAway) Class() string {
	if g.TooManyPings {
		return "HTTP/2 GOAWAY: too many pings"
	}
	return "HTTP/2 GOAWAY"
}

// errNoNumbers refuses streams after 2³⁰ of them.
var errNoNumbers = errors.New("the connection has used all stream IDs")

// NewStream returns a stream that is not open yet. f frames its messages; it is nil for a
// request without messages. r may be nil.
func (c *Conn) NewStream(f framing.Framing, r Response) *Stream {
	st := &Stream{conn: c, response: r, framing: f, over: true}
	st.changed.L = &c.mu
	st.decodeBy(f)
	return st
}

// Open sends a request and waits for the response header, which is valid until the next
// Open. It sends body after the header; ended means that nothing follows. It first waits
// while the peer's stream limit is reached. ctx bounds Open only. A stream that is over
// and was not driven can be opened again.
func (st *Stream) Open(ctx context.Context, h Header, body []byte, ended bool) (Header, error) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.wakeOnDone(ctx, st)()
	if err := c.waitForSlot(ctx, st); err != nil {
		return nil, err
	}
	st.start(h, body, ended)
	c.flush()
	return st.awaitHeader(ctx)
}

// Start is Open without waiting for the response header. It does not allocate.
func (st *Stream) Start(ctx context.Context, h Header, body []byte, ended bool) error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if int64(c.open) >= c.peerLimit {
		defer c.wakeOnDone(ctx, st)()
	}
	if err := c.waitForSlot(ctx, st); err != nil {
		return err
	}
	st.start(h, body, ended)
	c.flush()
	return nil
}

func (st *Stream) awaitHeader(ctx context.Context) (Header, error) {
	c := st.conn
	for !st.answered && !st.over && ctx.Err() == nil {
		st.changed.Wait()
	}
	switch {
	case st.answered:
		return st.header, nil
	case st.over:
		return nil, st.err
	}
	c.resetStream(st, http2.ErrCodeCancel, ctx.Err())
	c.flushWithDeadline()
	return nil, ctx.Err()
}

// Response waits for the response header, until the stream is over. It is valid until the next Open.
func (st *Stream) Response() (Header, error) {
	st.conn.mu.Lock()
	defer st.conn.mu.Unlock()
	return st.awaitHeader(context.Background())
}

// waitForSlot waits until the peer allows another stream.
func (c *Conn) waitForSlot(ctx context.Context, st *Stream) error {
	for {
		switch {
		case st.closed:
			return net.ErrClosed
		case c.err != nil:
			return c.err
		case c.refused != nil:
			return c.refused
		case ctx.Err() != nil:
			return ctx.Err()
		case st.expired():
			return ErrDeadline
		case int64(c.open) < c.peerLimit:
			return nil
		}
		c.changed.Wait()
	}
}

func (st *Stream) start(h Header, body []byte, ended bool) {
	c := st.conn
	st.id = c.next
	c.next += 2
	if c.next > highestStream {
		c.refused = errNoNumbers
	}
	c.streams[st.id] = st
	c.open++
	st.reset()
	st.received = recvWindow{size: firstWindow, left: firstWindow}
	st.ended = ended
	var flags http2.Flags
	if ended && len(body) == 0 {
		flags, st.endSent = flagEnd, true
	}
	c.appendHeaders(st.id, h, flags)
	st.pending = append(st.pending, body...)
	c.sendPending(st)
}

// reset prepares a stream that is over for another request.
func (st *Stream) reset() {
	st.answered, st.over, st.err, st.header, st.trailer = false, false, nil, st.header[:0], st.trailer[:0]
	st.in, st.rest, st.used, st.found = st.in[:0], st.rest[:0], 0, nil
	st.window, st.last, st.ended, st.endSent = 0, nil, false, false
	st.responded, st.prompt, st.peerEnded, st.held, st.unreturned, st.closing = false, false, false, 0, 0, nil
}

// Body waits for a response without messages and returns its first limit bytes.
func (st *Stream) Body(limit int) ([]byte, error) {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for !st.over && len(st.in) < limit {
		st.changed.Wait()
	}
	b := st.in[:min(limit, len(st.in))]
	if st.over && !errors.Is(st.err, io.EOF) {
		return b, st.err
	}
	return b, nil
}

// Close resets the stream immediately.
func (st *Stream) Close() error {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if !st.closed {
		st.closed = true
		c.changed.Broadcast()
		c.resetStream(st, http2.ErrCodeCancel, net.ErrClosed)
		c.flushWithDeadline()
	}
	return nil
}
