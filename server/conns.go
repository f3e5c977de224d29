package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// connService serves a protocol that owns its TCP connections. handle opens one and
// returns what serves it, for a goroutine of its own whose stack has not grown by the
// opening; nil when it has ended or a loop drives it.
type connService struct {
	listener net.Listener
	limits   limits
	handle   func(net.Conn, *place) (serve func())

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	driven int // connections that loops have taken over
	ended  bool
	wg     sync.WaitGroup
}

// A place is what a connection takes of its service's limit. A loop closes its
// connections itself, so that the stream's end gives their places back.
type place struct {
	service *connService
	nc      net.Conn
	driven  bool
}

// drive says that a loop has the connection from now on, until leave: in one step, since
// its client may be answered, and others come, before the service hears that it has
// handed it over.
func (p *place) drive() {
	p.driven = true
	p.service.mu.Lock()
	defer p.service.mu.Unlock()
	delete(p.service.conns, p.nc)
	p.service.driven++
}

// leave is called once, of a driven connection that has ended.
func (p *place) leave() {
	p.service.mu.Lock()
	defer p.service.mu.Unlock()
	p.service.driven--
}

func (s *Server) newConnService(l net.Listener, handle func(net.Conn, *place) (serve func())) *connService {
	c := &connService{listener: l, limits: s.limits, handle: handle, conns: map[net.Conn]struct{}{}}
	c.wg.Go(c.accept)
	return c
}

func (c *connService) accept() {
	for {
		nc, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: those that wait may be served later
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if c.add(nc) {
			c.wg.Go(func() { c.open(nc) })
		}
	}
}

func (c *connService) open(nc net.Conn) {
	var serve func()
	if t, ok := nc.(*tls.Conn); !ok || c.handshake(t) {
		serve = c.handle(nc, &place{service: c, nc: nc})
	}
	if serve == nil {
		c.remove(nc)
		return
	}
	c.wg.Go(func() {
		serve()
		c.remove(nc)
	})
}

func (c *connService) handshake(t *tls.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.limits.handshake)
	defer cancel()
	return t.HandshakeContext(ctx) == nil
}

// add closes nc and returns false where the service has ended or is full.
func (c *connService) add(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || len(c.conns)+c.driven >= c.limits.connections {
		_ = nc.Close()
		return false
	}
	c.conns[nc] = struct{}{}
	return true
}

func (c *connService) remove(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, nc)
	_ = nc.Close()
}

func (c *connService) stop() {
	_ = c.listener.Close()
	c.mu.Lock()
	c.ended = true
	for nc := range c.conns {
		_ = nc.Close()
	}
	c.mu.Unlock()
	c.wg.Wait()
}

// A framedStream is a stream on a connection of its own.
type framedStream struct {
	*eventloop.Conn
	framing framing.Framing
	name    string
	loop    *eventloop.Loop // that drives it, or nil
	place   *place
}

// occupy has v, the exchange on st, give st's place back at its end where a loop drives
// it. It is called before anyone can end v.
func (f *framedStream) occupy(v *served) {
	if f.loop != nil {
		f.place.drive()
		v.place = f.place
	}
}

// receive has st's loop drive it, or where that is nil returns what receives. through
// gives what comes, and the end, to the handler.
func receive(v *served, st *framedStream, through proto.Handler) (serve func()) {
	if st.loop == nil {
		return func() {
			proto.Receive(st.Conn, through)
			v.wait()
		}
	}
	st.Answers = true
	if err := st.Drive(st.loop, through); err != nil {
		_ = st.Close()
		through.Ended(err)
	}
	return nil
}

// serveFramed serves what r asks for where all that comes on the connection is the
// stream's messages.
func (s *Server) serveFramed(r request, st *framedStream) (serve func()) {
	st.loop = s.loopFor(r)
	v := s.serve(r, st)
	st.occupy(v)
	return receive(v, st, v)
}

// loopFor returns the loop that is to drive the stream of r, or nil.
func (s *Server) loopFor(r request) *eventloop.Loop {
	if len(s.loops) == 0 || r.fault != (Fault{}) {
		return nil
	}
	return s.loops[s.nextLoop.Add(1)%uint32(len(s.loops))]
}

func (f *framedStream) drivenBy() *eventloop.Loop { return f.loop }

func (f *framedStream) kind() string { return f.name }

func (f *framedStream) pack(into *parcel, p []byte) error {
	into.bytes = f.framing.Append(into.bytes[:0], p)
	return nil
}

func (f *framedStream) sendPacked(p *parcel) error { return f.SendEncoded(p.bytes) }

// httpService serves with net/http.
type httpService struct {
	server *http.Server
	ended  chan struct{}
}

func newHTTPService(h *http.Server, l net.Listener) *httpService {
	s := &httpService{server: h, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		_ = h.Serve(l)
	}()
	return s
}

func (s *httpService) stop() {
	_ = s.server.Close()
	<-s.ended
}

var (
	// past is a deadline that has passed.
	past = time.Unix(1, 0)
	// nothing is where net/http writes about clients that go away.
	nothing = log.New(io.Discard, "", 0)
)
