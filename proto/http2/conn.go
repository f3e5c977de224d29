// Package http2 is the client's end of HTTP/2 (RFC 9113) for streams of framed messages.
// Goroutines receive, or an eventloop.Loop does. The servers use net/http and grpc-go.
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

// Conn is the client's end of an HTTP/2 connection with many streams. One goroutine
// receives for all streams, until a stream is driven by a Loop. Data written while
// another goroutine writes, or while the loop handles received frames, leaves with it in
// one write. The methods may be called from any goroutine. Close ends the connection and
// its streams.
type Conn struct {
	nc       net.Conn
	readDone chan struct{} // closed when the receiving goroutine has ended
	driveMu  sync.Mutex    // guards the change from that goroutine to a loop

	mu          sync.Mutex
	changed     sync.Cond // for goroutines that wait for the connection, not a stream
	err         error     // why the connection ended
	refused     error     // why no more streams can be opened
	loop        *eventloop.Loop
	driven      *eventloop.Socket // nc, once a loop drives it
	handingOver bool              // the receiving goroutine is to end
	unused      []byte            // bytes that it had read but not used

	out, spare  []byte // to be written, and the buffer written last
	flushing    bool   // a goroutine is writing, without mu
	receiving   bool   // frames are being handled; flush after the last
	hasDeadline bool   // nc has a write deadline

	streams map[uint32]*Stream
	open    int    // number of streams that are not over
	next    uint32 // ID of the next stream

	settingsRead bool // the peer's SETTINGS were received
	peerLimit    int64
	peerWindow   int64
	peerFrame    int

	window   int64 // bytes that may be sent
	blocked  []*Stream
	received recvWindow

	encoder    *hpack.Encoder
	encoded    bytes.Buffer
	decoder    *hpack.Decoder
	fields     Header // the header decoded last
	fieldsSize int
	block      block
}

// maxTable bounds the HPACK table that the peer's settings can ask for.
const maxTable = 64 << 10

// NewConn sends the preface on nc, which it owns, and returns once the peer has answered;
// ctx bounds the wait. In cleartext the peer must expect HTTP/2 (prior knowledge, section
// 3.3); with TLS it must be negotiated. nc is closed after an error.
func NewConn(ctx context.Context, nc net.Conn) (*Conn, error) {
	c := newConn(nc)
	go c.readLoop()
	if err := c.handshake(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func newConn(nc net.Conn) *Conn {
	c := &Conn{
		nc: nc, readDone: make(chan struct{}), streams: map[uint32]*Stream{}, next: 1,
		peerLimit: highestStream, peerWindow: firstWindow, peerFrame: maxFrame, window: firstWindow,
		received: recvWindow{size: connWindow, left: connWindow},
	}
	c.changed.L = &c.mu
	c.encoder = hpack.NewEncoder(&c.encoded)
	c.encoder.SetMaxDynamicTableSizeLimit(maxTable)
	c.decoder = hpack.NewDecoder(4<<10, c.addField)
	c.decoder.SetMaxStringLength(maxHeader)
	c.out = appendPreface(nil)
	return c
}

func (c *Conn) handshake(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.wakeOnDone(ctx, nil)()
	c.flush()
	for !c.settingsRead && c.err == nil && ctx.Err() == nil {
		c.changed.Wait()
	}
	return errors.Join(ctx.Err(), c.err)
}

// wakeOnDone wakes the goroutines that wait for c, and for st unless it is nil, when ctx
// ends. stop cancels that.
func (c *Conn) wakeOnDone(ctx context.Context, st *Stream) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
		if st != nil {
			st.changed.Broadcast()
		}
	})
}

// StreamLimit returns the peer's limit of concurrent streams (SETTINGS). limited reports whether there
// is one; it may be 0.
func (c *Conn) StreamLimit() (limit int, limited bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peerLimit >= highestStream {
		return 0, false
	}
	return int(c.peerLimit), true
}

// Usable reports whether new streams can be opened.
func (c *Conn) Usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && c.refused == nil
}

// Close closes the connection and its streams immediately.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.fail(net.ErrClosed)
	if c.driven != nil { // it may still be flushing a GOAWAY
		_ = c.driven.Close()
	}
	c.mu.Unlock()
	<-c.readDone
	return nil
}

// The following methods need c.mu.

// fail ends the connection and its streams unless they have ended.
func (c *Conn) fail(err error) {
	if c.shutDown(err) {
		c.closeConn()
	}
}

// abort sends GOAWAY and ends the connection.
func (c *Conn) abort(v *violation) {
	c.receiving = false
	c.out = appendGoAway(c.out, v.code, v.reason)
	c.flushWithDeadline()
	for c.flushing && c.err == nil { // by another goroutine, which writes this too
		c.changed.Wait()
	}
	switch {
	case !c.shutDown(v):
	case c.driven != nil:
		c.driven.CloseSent()
	default:
		c.closeConn()
	}
}

// shutDown ends the streams. It returns false if the connection had already ended.
func (c *Conn) shutDown(err error) bool {
	if c.err != nil {
		return false
	}
	var said *GoAway
	if errors.Is(err, io.ErrUnexpectedEOF) && errors.As(c.refused, &said) {
		err = said // it explains the end
	}
	c.err = err
	for _, st := range c.streams {
		c.endStream(st, err)
	}
	c.changed.Broadcast()
	return true
}

func (c *Conn) closeConn() {
	if c.driven != nil {
		_ = c.driven.Close()
	} else {
		_ = c.nc.Close()
	}
}
