// Package http2 implements both ends of HTTP/2 (RFC 9113) for streams of framed messages.
// Goroutines receive, or an eventloop.Loop does. It leaves the meaning of requests to its
// callers, and has no server push and no priorities.
package http2

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"

	"golang.org/x/net/http2/hpack"

	"rtbench/proto/eventloop"
)

// Conn is one end of an HTTP/2 connection with many streams: the client's (NewConn), or
// the server's (Server.NewConn). One goroutine receives for all streams, until a Loop
// does. Data written while another goroutine writes, or while received frames are handled,
// leaves with it in one write. The methods may be called from any goroutine. Close ends
// the connection and its streams.
type Conn struct {
	nc         net.Conn
	server     *Server        // nil at the client's end
	readDone   chan struct{}  // closed when the receiving goroutine has ended
	driveMu    sync.Mutex     // guards the change from that goroutine to a loop
	background sync.WaitGroup // goroutines that write or notify for the receiving one
	ended      func()         // called at the end of a driven server connection

	mu          sync.Mutex
	changed     sync.Cond // for goroutines that wait for the connection, not a stream
	err         error     // why the connection ended
	writeErr    error     // of the first failed write, if the receiver ends the connection
	refused     error     // why no more streams can be opened
	loop        *eventloop.Loop
	driven      *eventloop.Socket // nc, once a loop drives it
	handingOver bool              // the receiving goroutine must end
	unused      []byte            // bytes that it had read but not used

	out, spare  []byte // to be written, and the buffer written last
	replies     int    // bytes of out that answer the peer's frames
	flushing    bool   // a goroutine is writing, without mu
	flushPosted bool   // the loop will flush
	flushOnLoop func() // for Loop.Post
	receiving   bool   // frames are being handled; flush after the last
	hasDeadline bool   // nc has a write deadline
	poll        *eventloop.Writability
	polled      bool // poll is set

	streams    map[uint32]*Stream
	incomplete int       // bytes; see hold
	free       []*Stream // for reuse: over, and not referred to
	open       int       // number of streams that are not over
	next       uint32    // lowest ID that the client has not used

	prefaceRead  bool   // always at the client's end
	settingsRead bool   // the peer's SETTINGS were received
	settingsOnly bool   // handle nothing after the peer's SETTINGS yet
	excess       int    // see countExcess
	frames       uint64 // received, without PING
	pong         func() // see OnPong; may be nil
	batch        uint64 // number of calls of receive
	peerConnects bool   // the peer accepts extended CONNECT
	peerLimit    int64
	peerWindow   int64
	peerFrame    int

	window   int64 // bytes that may be sent
	blocked  []*Stream
	received recvWindow

	encoder    *hpack.Encoder
	encoded    bytes.Buffer
	decoder    *hpack.Decoder
	maxHeader  int
	fields     Header // the header decoded last
	fieldsSize int
	block      block
}

// maxTable bounds the HPACK table that the peer's settings can ask for.
const maxTable = 64 << 10

// NewConn sends the preface on nc, which it owns, and returns once the server has
// answered; ctx bounds the wait. In cleartext the server must expect HTTP/2 (prior
// knowledge, section 3.3); with TLS it must be negotiated. nc is closed after an error.
func NewConn(ctx context.Context, nc net.Conn) (*Conn, error) {
	c := newClientConn(nc)
	go func() {
		defer close(c.readDone)
		c.readLoop(nil)
	}()
	if err := c.handshake(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func newClientConn(nc net.Conn) *Conn {
	c := newConn(nc, maxHeader)
	c.prefaceRead = true // there is none
	c.received = recvWindow{size: connWindow, left: connWindow}
	c.out = appendPreface(nil)
	return c
}

func newConn(nc net.Conn, maxHeader int) *Conn {
	c := &Conn{
		nc: nc, readDone: make(chan struct{}), streams: map[uint32]*Stream{}, next: 1, maxHeader: maxHeader,
		peerLimit: highestStream, peerWindow: firstWindow, peerFrame: maxFrame, window: firstWindow,
	}
	c.changed.L = &c.mu
	c.flushOnLoop = c.flushPending
	c.encoder = hpack.NewEncoder(&c.encoded)
	c.encoder.SetMaxDynamicTableSizeLimit(maxTable)
	c.decoder = hpack.NewDecoder(4<<10, c.addField)
	c.decoder.SetMaxStringLength(maxHeader)
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

// StreamLimit returns the server's limit of concurrent streams (SETTINGS), at the client's
// end. limited reports whether there is one; it may be 0.
func (c *Conn) StreamLimit() (limit int, limited bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peerLimit >= highestStream {
		return 0, false
	}
	return int(c.peerLimit), true
}

// Connects reports whether the server accepts extended CONNECT (RFC 8441), at the client's end.
func (c *Conn) Connects() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peerConnects
}

// Usable reports whether the client can open new streams.
func (c *Conn) Usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && c.refused == nil
}

// Ended reports whether the connection has ended, and with it all streams.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err != nil
}

// Close closes the connection and its streams immediately.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.shutDown(net.ErrClosed)
	c.closeConn() // it may still be flushing a GOAWAY
	c.mu.Unlock()
	<-c.readDone
	c.background.Wait()
	return nil
}
