package http2

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/net/http2"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// An Stream is one exchange on a Conn: a request and its response, whose bodies
// are messages. Send and Recv keep to proto.Conn and cost no allocation once the
// buffers have grown. A goroutine that calls Recv gets what came, or a Loop's
// handler. Close may be called from any goroutine, at any time and more than once; it
// unblocks Send and Recv.
type Stream struct {
	session *Conn
	decoder framing.Decoder
	verdict Verdict

	// Under session.mu.
	changed  sync.Cond
	id       uint32 // 0: it was never opened
	answered bool   // header is there
	over     bool
	err      error // what it is over by; io.EOF in order
	header   Header
	trailer  Header
	driven   bool          // a handler takes what comes, or is about to
	handler  proto.Handler // that, on the loop's goroutine
	told     bool          // handler was, that it is over
	in       []byte        // came, and nobody has received it yet
	received credit

	window  int64 // left to send in
	pending []byte
	sent    int  // of pending
	listed  bool // among session.blocked
	begun   bool // a message was sent
	ended   bool // no more messages follow
	endSent bool
	closed  bool // by Close

	// Of whoever receives.
	rest []byte
	used int // of rest
}

// A Verdict says what the end of a stream is to be to who receives: io.EOF for an end
// in order. err is io.EOF where the response ended in order, and trailer then is what
// trailed it, the header where that was all there was.
type Verdict func(trailer Header, err error) error

// StreamReset is the error of a stream that the peer has broken off.
type StreamReset struct{ Code http2.ErrCode }

// Error implements error.
func (r *StreamReset) Error() string { return "the server broke off the stream: " + r.Code.String() }

// Unwrap returns io.ErrUnexpectedEOF.
func (r *StreamReset) Unwrap() error { return io.ErrUnexpectedEOF }

// Class names the kind of the error: one for each code of the standard, and one for the
// rest.
func (r *StreamReset) Class() string {
	if r.Code > http2.ErrCodeHTTP11Required {
		return "HTTP/2 reset: unknown code"
	}
	return "HTTP/2 reset: " + r.Code.String()
}

// GoAway is the error of a stream that the peer has not seen, or with which the connection
// ended, after it has said that it takes no more.
type GoAway struct{ Code http2.ErrCode }

// Error implements error.
func (g *GoAway) Error() string {
	return "the server takes no more streams on this connection (" + g.Code.String() + "): " + io.ErrUnexpectedEOF.Error()
}

// Unwrap returns io.ErrUnexpectedEOF.
func (g *GoAway) Unwrap() error { return io.ErrUnexpectedEOF }

// Class names the kind of the error.
func (g *GoAway) Class() string { return "HTTP/2 GOAWAY" }

// errNoNumbers is what a connection refuses by on which 2³⁰ streams were opened.
var errNoNumbers = errors.New("this connection has had all the streams that there are numbers for")

// NewStream returns a stream of s that is to be opened. f frames its messages; nil does
// where there are none. verdict may be nil too.
func (s *Conn) NewStream(f framing.Framing, verdict Verdict) *Stream {
	st := &Stream{session: s, verdict: verdict, decoder: framing.NewDecoder(f), over: true}
	st.changed.L = &s.mu
	return st
}

// Open sends a request and returns when the header of the response has come, which is
// valid until the next Open. body follows the header as it is, and where ended is set
// no more does. It waits where the peer allows no more streams. ctx bounds Open only.
// What was opened, was not driven and is over can be opened again.
func (st *Stream) Open(ctx context.Context, h Header, body []byte, ended bool) (Header, error) {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wakeAfter(ctx, st)()
	if err := s.waitForTurn(ctx, st); err != nil {
		return nil, err
	}
	st.begin(h, body, ended)
	s.flush()
	for !st.answered && !st.over && ctx.Err() == nil {
		st.changed.Wait()
	}
	switch {
	case st.answered:
		return st.header, nil
	case st.over:
		return nil, st.err
	}
	s.reset(st, http2.ErrCodeCancel, ctx.Err())
	s.flushSoon()
	return nil, ctx.Err()
}

// waitForTurn waits until the peer allows one more stream.
func (s *Conn) waitForTurn(ctx context.Context, st *Stream) error {
	for {
		switch {
		case st.closed:
			return net.ErrClosed
		case s.err != nil:
			return s.err
		case s.refusing != nil:
			return s.refusing
		case ctx.Err() != nil:
			return ctx.Err()
		case int64(s.open) < s.peerLimit:
			return nil
		}
		s.room.Wait()
	}
}

func (st *Stream) begin(h Header, body []byte, ended bool) {
	s := st.session
	st.id = s.next
	s.next += 2
	if s.next > highestStream {
		s.refusing = errNoNumbers
	}
	s.streams[st.id] = st
	s.open++
	st.answered, st.over, st.err, st.header, st.trailer = false, false, nil, st.header[:0], st.trailer[:0]
	st.in, st.rest, st.used = st.in[:0], st.rest[:0], 0
	st.window, st.received = s.peerWindow, credit{size: firstWindow, left: firstWindow}
	st.ended, st.endSent = ended, false
	var flags http2.Flags
	if ended && len(body) == 0 {
		flags, st.endSent = flagEnd, true
	}
	s.appendHeaders(st.id, h, flags)
	st.pending = append(st.pending, body...)
	s.sendPending(st)
}

// Body waits for the end of a response that is no messages and returns it, or its
// first limit bytes where it is longer.
func (st *Stream) Body(limit int) ([]byte, error) {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	for !st.over && len(st.in) < limit {
		st.changed.Wait()
	}
	b := st.in[:min(limit, len(st.in))]
	if st.over && !errors.Is(st.err, io.EOF) {
		return b, st.err
	}
	return b, nil
}

// Close breaks the stream off now.
func (st *Stream) Close() error {
	s := st.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if !st.closed {
		st.closed = true
		s.room.Broadcast()
		s.reset(st, http2.ErrCodeCancel, net.ErrClosed)
		s.flushSoon()
	}
	return nil
}

// Drive has l receive from now on, for h. All streams of a connection that are driven
// are to be by one loop. It is called before Recv. The error is errors.ErrUnsupported,
// and nothing has changed, where the connection is not bare; with any other it is of no
// more use.
func (st *Stream) Drive(l *eventloop.Loop, h proto.Handler) error {
	s := st.session
	if err := s.drive(l); err != nil {
		return err
	}
	s.mu.Lock()
	st.driven = true
	st.changed.Broadcast()
	s.mu.Unlock()
	if !s.loop.Post(func() { s.attach(st, h) }) {
		return net.ErrClosed
	}
	return nil
}

// attach, on the loop's goroutine, gives h what has come already.
func (s *Conn) attach(st *Stream, h proto.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.handler = h
	came := st.in
	st.in = nil
	s.taking = true
	if !st.over {
		st.received.grow(streamWindow)
		s.giveBack(st, len(came))
	}
	if len(came) > 0 {
		s.feed(st, came, clock.Now())
	}
	if st.over {
		s.tell(st)
	}
	s.taking = false
	s.flush()
}
