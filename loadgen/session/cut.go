package session

import (
	"net"

	"rtbench/proto/quicnet"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// BeginEvent notes that an event of the scenario happens now. If rtbench is to end connections of g, it does.
func (g *Group) BeginEvent(e cell.Event) {
	g.storms.begin(e, g.From+int64(e.At), e.Concerns(g.Cell.Group))
	if e.Disconnect > 0 && e.Concerns(g.Cell.Group) {
		g.disconnect(e.Disconnect, e.Reset)
	}
}

// EndEvent notes that the command of the last event has ended, or that it has restarted the server.
func (g *Group) EndEvent(r *result.Restart) { g.storms.done(r) }

// disconnect ends a share of the cell's connections, in percent and evenly spread: those of them that this
// generator has.
func (g *Group) disconnect(percent float64, reset bool) {
	for i, c := range g.drivers {
		n := float64(g.Share.Connection(i))
		before, after := int(n*percent/100), int((n+1)*percent/100)
		if before == after {
			continue
		}
		c.cut(reset)
	}
}

// track remembers a connection for cut.
func (t *tracked) track(nc net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open = append(t.open, nc); len(t.open) > mostTracked {
		t.open = t.open[1:]
	}
}

// mostTracked is the number of connections that a driver has open at a time: for events and for POSTs, and
// more if a library pools them.
const mostTracked = 8

// cut ends the network connections below the driver, which goroutines read.
func (c *connection) cut(reset bool) {
	c.cuts.Add(1)
	if c.tracked != nil {
		c.tracked.cut(reset)
	}
}

func (t *tracked) cut(reset bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, nc := range t.open {
		s := socketOf(nc)
		tcp, isTCP := s.(*net.TCPConn)
		udp, isQUIC := nc.(*quicnet.Socket)
		switch {
		case isQUIC && !reset:
			udp.Cut()
		case s == nil: // QUIC has no reset: the server does not learn of it
			_ = nc.Close()
		case reset && isTCP:
			_ = tcp.SetLinger(0)
			_ = tcp.Close()
		default: // a Unix socket cannot be reset
			_ = s.CloseWrite()
			_ = s.CloseRead()
		}
	}
	t.open = nil
}

// A socket is a TCP or Unix connection, whose directions can be closed apart.
type socket interface {
	CloseRead() error
	CloseWrite() error
}

// socketOf returns the socket below nc, or nil.
func socketOf(nc net.Conn) socket {
	for {
		switch c := nc.(type) {
		case *net.TCPConn:
			return c
		case *net.UnixConn:
			return c
		case interface{ NetConn() net.Conn }:
			nc = c.NetConn()
		default:
			return nil
		}
	}
}

// A crossing follows the numbers of the messages from a sender across cuts of the stream. It belongs to the
// receiver.
type crossing struct {
	pending bool   // the next message is the first after a cut
	next    uint64 // the number expected then
	missed  uint64
}

// cut notes that the stream was cut when number next was expected.
func (c *crossing) cut(next uint64) {
	if !c.pending {
		c.pending, c.next = true, next
	}
}

// take notes a message after a cut. A server that resumes the stream may repeat some.
func (c *crossing) take(seq uint64) {
	if seq >= c.next {
		c.missed += seq - c.next
		c.pending = false
	}
}

// total returns the messages missed of planned ones.
func (c *crossing) total(planned uint64) uint64 {
	if c.pending {
		return c.missed + planned - min(planned, c.next)
	}
	return c.missed
}

// cross notes that an event has cut the session's stream. A closed loop misses the message that has no reply yet.
func (e *Session) cross() {
	if !e.g.Open() && e.deliveries == nil {
		if sent := e.loopState.sentAt.Load(); sent != 0 && e.g.Measures(sent) {
			e.crossed().missed++
		}
		return
	}
	if d := e.deliveries; d != nil {
		d.cross()
		return
	}
	e.crossed().cut(e.receiver.Sequence.Next())
}

// crossed returns e.crossing, and makes it if there is none.
func (e *Session) crossed() *crossing {
	if e.crossing == nil {
		e.crossing = new(crossing)
	}
	return e.crossing
}

// missed returns the messages of the steady phase that streams missed by events.
func (a *accounts) missed(n *result.Counters) (m result.Missed) {
	if a.storms == nil || len(a.storms.list) == 0 {
		return m
	}
	if a.traffic.gaps {
		m.Unknown = true
		return m
	}
	if a.source != nil {
		return a.Deliveries().missed(n)
	}
	for _, e := range a.sessions {
		missed := a.missedBy(e)
		unsent := min(missed, a.unsentBy(e))
		m.NotSent += unsent
		m.Lost += missed - unsent
	}
	m.Lost = min(m.Lost, n.Lost)
	return m
}

// unsentBy returns the messages of the steady phase that a session was to send and has not sent.
func (a *accounts) unsentBy(e *Session) uint64 {
	switch from := &e.attempts[steady]; {
	case !a.Sends():
		return 0
	case !a.Open():
		return from.unsent.Load()
	default:
		planned := a.planned(e.share, steady)
		return planned - min(planned, from.sent.Load())
	}
}

// missedBy returns the messages that a session missed.
func (a *accounts) missedBy(e *Session) (n uint64) {
	if d := e.deliveries; d != nil {
		of := &accounts{Group: a.source}
		for i := range d.crossings {
			share := d.senders.First + i*d.senders.Step - a.source.First
			n += d.crossings[i].total(of.planned(share, steady) + of.planned(share, outside))
		}
		return n
	}
	if e.crossing == nil {
		return 0
	}
	share := e.share
	return e.crossing.total(a.planned(share, steady) + a.planned(share, outside))
}
