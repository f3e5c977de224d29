package http2

import (
	"errors"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"

	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A Server configures the server's end of connections. Its functions run on the goroutine
// that receives for a connection, and must not block: to block, respond on another
// goroutine and receive with Recv.
type Server struct {
	// MaxStreams limits the concurrent streams of a connection; more are refused.
	MaxStreams int
	// MaxHeader limits the header of a request in bytes; a longer one is answered with
	// status 431.
	MaxHeader int
	// Connect accepts extended CONNECT (RFC 8441): requests with :protocol.
	Connect bool
	// HandshakeTimeout bounds the time until the client's preface and settings.
	HandshakeTimeout time.Duration
	// Accept is called for each request. It calls Handle, Collect or Reply, or it calls
	// Receive and starts a goroutine that responds.
	Accept func(*Stream)
	// Body is called with the body of a request for which Accept called Collect. err is
	// framing.ErrTooLong if the body exceeds 1 MiB. body is valid during the call. Body
	// returns true if it has replied and the stream will not be used again.
	Body func(st *Stream, body []byte, err error) (done bool)
}

// maxBody is the longest body that Collect collects, in bytes.
const maxBody = 1 << 20

// errNoPreface ends connections of clients that do not speak HTTP/2.
var errNoPreface = errors.New("the client does not speak HTTP/2")

// NewConn reads the client's preface and settings from nc, which it owns, and returns the
// server's end of the connection. Call Serve or ServeOn next. In cleartext the client must
// have prior knowledge. nc is closed after an error.
func (s *Server) NewConn(nc net.Conn) (*Conn, error) {
	c := newConn(nc, s.MaxHeader)
	c.server = s
	c.received = recvWindow{size: serverWindow, left: serverWindow}
	settings := []http2.Setting{
		{ID: http2.SettingMaxConcurrentStreams, Val: uint32(min(s.MaxStreams, highestStream))},
		{ID: http2.SettingInitialWindowSize, Val: streamWindow},
		{ID: http2.SettingMaxHeaderListSize, Val: uint32(min(s.MaxHeader, highestStream))},
	}
	if s.Connect {
		settings = append(settings, http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
	}
	c.out = appendSettings(nil, settings)
	c.out = appendNumber(c.out, http2.FrameWindowUpdate, 0, serverWindow-firstWindow)
	_ = nc.SetDeadline(time.Now().Add(s.HandshakeTimeout))
	if err := c.readHandshake(); err != nil {
		_, _ = io.Copy(io.Discard, nc) // until closeAfterPeer has closed it
		_ = nc.Close()
		return nil, err
	}
	return c, nc.SetDeadline(time.Time{})
}

// readHandshake reads the client's preface and settings. Bytes after them are left in
// c.unused.
func (c *Conn) readHandshake() error {
	c.settingsOnly = true
	buf, kept := make([]byte, framing.MinBuffer), 0
	for {
		c.mu.Lock()
		c.flush()
		err, done := c.err, c.settingsRead
		c.mu.Unlock()
		if err != nil || done {
			c.settingsOnly, c.unused = false, buf[:kept]
			return err
		}
		if kept == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := c.nc.Read(buf[kept:])
		used, _ := c.receive(buf[:kept+n], 0)
		kept = copy(buf, buf[used:kept+n])
		if err != nil {
			c.stopReading(nil, err)
		}
	}
}

// readPreface handles the client's preface.
func (c *Conn) readPreface(in []byte) (used int) {
	if c.prefaceRead {
		return 0
	}
	n := min(len(in), len(http2.ClientPreface))
	switch {
	case string(in[:n]) != http2.ClientPreface[:n]:
		c.fail(errNoPreface)
	case n == len(http2.ClientPreface):
		c.prefaceRead = true
		return n
	}
	return 0
}

// Serve receives until the connection has ended.
func (c *Conn) Serve() {
	defer close(c.readDone)
	used, _ := c.receive(c.unused, clock.Now())
	rest := c.unused[used:]
	c.unused = nil
	c.readLoop(rest)
	c.mu.Lock()
	c.notifyAll()
	c.mu.Unlock()
	c.background.Wait()
}

// ServeOn makes l receive and returns. ended is called at the end of the connection, on the
// loop's goroutine, unless ServeOn returns an error. nc must be a bare socket (see
// eventloop.Drivable).
func (c *Conn) ServeOn(l *eventloop.Loop, ended func()) error {
	defer close(c.readDone)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = ended
	return c.driveBy(l)
}
