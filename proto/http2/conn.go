// Package http2 is the client's end of HTTP/2 (RFC 9113) for streams of framed messages.
// Goroutines receive, or an eventloop.Loop. The server's end is net/http's and grpc-go's.
package http2

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/net/http2/hpack"

	"rtbench/proto/eventloop"
)

// Conn is the client's end of one connection of HTTP/2 (RFC 9113), which carries
// many streams. A goroutine receives for all of them, from the first Drive of a
// stream on a Loop. What is sent while another writes, or while the loop takes what
// came, leaves with that in one write. Its methods may be called from any goroutine;
// Close ends it and its streams.
type Conn struct {
	nc      net.Conn
	reading chan struct{} // closed when the goroutine that receives has ended
	turning sync.Mutex    // what receives from that goroutine into a loop

	mu       sync.Mutex
	room     sync.Cond // of what waits for the connection, not for a stream
	err      error     // why the connection is over
	refusing error     // why it takes no more streams
	loop     *eventloop.Loop
	driven   *eventloop.Socket // nc, where a loop drives it
	handing  bool              // the goroutine is to end
	unused   []byte            // what it had read and not used then

	out, spare []byte // to be written, and the buffer that last was
	flushing   bool   // somebody writes, outside mu
	taking     bool   // what is written leaves when all that came is taken
	hurried    bool   // there is a deadline for writing

	streams map[uint32]*Stream
	open    int    // of those, the ones that are not over
	next    uint32 // the number of the next one

	settled    bool // the peer has sent its settings, and these are they
	peerLimit  int64
	peerWindow int64
	peerFrame  int

	window   int64 // left to send in
	blocked  []*Stream
	received credit

	encoder    *hpack.Encoder
	encoded    bytes.Buffer
	decoder    *hpack.Decoder
	fields     Header // decoded last
	fieldsSize int
	block      block
}

// maxTable is the largest table of HPACK that a peer can have us keep.
const maxTable = 64 << 10

// NewConn returns a Conn that owns nc, on which nothing was sent yet, when the
// peer has answered; ctx bounds that. In cleartext the peer must expect HTTP/2
// (section 3.3); with TLS it must have been agreed on. After an error nc is closed.
func NewConn(ctx context.Context, nc net.Conn) (*Conn, error) {
	s := newConn(nc)
	go s.read()
	if err := s.greet(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func newConn(nc net.Conn) *Conn {
	s := &Conn{
		nc: nc, reading: make(chan struct{}), streams: map[uint32]*Stream{}, next: 1,
		peerLimit: highestStream, peerWindow: firstWindow, peerFrame: maxFrame, window: firstWindow,
		received: credit{size: connWindow, left: connWindow},
	}
	s.room.L = &s.mu
	s.encoder = hpack.NewEncoder(&s.encoded)
	s.encoder.SetMaxDynamicTableSizeLimit(maxTable)
	s.decoder = hpack.NewDecoder(4<<10, s.emit)
	s.decoder.SetMaxStringLength(maxHeader)
	s.out = appendPreface(nil)
	return s
}

func (s *Conn) greet(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wakeAfter(ctx, nil)()
	s.flush()
	for !s.settled && s.err == nil && ctx.Err() == nil {
		s.room.Wait()
	}
	return errors.Join(ctx.Err(), s.err)
}

// wakeAfter has what waits for s, or for st where that is not nil, look again when ctx
// ends, until stop is called.
func (s *Conn) wakeAfter(ctx context.Context, st *Stream) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.room.Broadcast()
		if st != nil {
			st.changed.Broadcast()
		}
	})
}

// StreamLimit returns the number of streams that the peer allows at once (SETTINGS); negative if
// it has set none.
func (s *Conn) StreamLimit() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peerLimit >= highestStream {
		return -1
	}
	return int(s.peerLimit)
}

// Usable says whether new streams can be opened.
func (s *Conn) Usable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == nil && s.refusing == nil
}

// Close ends the connection and its streams now.
func (s *Conn) Close() error {
	s.mu.Lock()
	s.fail(net.ErrClosed)
	if s.driven != nil { // it may still wait to send its last word
		_ = s.driven.Close()
	}
	s.mu.Unlock()
	<-s.reading
	return nil
}

// What follows is called with mu held.

// fail ends the connection and its streams. The first reason counts.
func (s *Conn) fail(err error) {
	if s.end(err) {
		s.closeNow()
	}
}

// abort ends the connection when the peer was told why.
func (s *Conn) abort(v *violation) {
	s.taking = false
	s.out = appendGoAway(s.out, v.code, v.reason)
	s.flushSoon()
	for s.flushing && s.err == nil { // by another, who writes this too
		s.room.Wait()
	}
	switch {
	case !s.end(v):
	case s.driven != nil:
		s.driven.CloseSent()
	default:
		s.closeNow()
	}
}

// end returns false when the connection was over already.
func (s *Conn) end(err error) bool {
	if s.err != nil {
		return false
	}
	var said *GoAway
	if errors.Is(err, io.ErrUnexpectedEOF) && errors.As(s.refusing, &said) {
		err = said // it has said why
	}
	s.err = err
	for _, st := range s.streams {
		s.finish(st, err)
	}
	s.room.Broadcast()
	return true
}

func (s *Conn) closeNow() {
	if s.driven != nil {
		_ = s.driven.Close()
	} else {
		_ = s.nc.Close()
	}
}
