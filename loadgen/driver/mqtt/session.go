package mqtt

import (
	"context"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"github.com/eclipse/paho.golang/packets"
	pahosession "github.com/eclipse/paho.golang/paho/session"
	"github.com/eclipse/paho.golang/paho/session/state"

	"rtbench/loadgen/driver"
)

// A session is what the library knows of messages under way, with QoS 1 and 2. The next connection of a stream
// resumes it if both ends keep it.
type session struct {
	*state.State
	subscribed     atomic.Bool  // the server's session has the subscriptions
	unacknowledged atomic.Int64 // messages sent that the server has not acknowledged

	mu      sync.Mutex
	current *sessionConn
}

func newSession() *session { return &session{State: state.NewInMemory()} }

// sessionOf returns the session of an endpoint's share, or a new one.
func (d *client) sessionOf(e *driver.Endpoint) *session {
	if e.MQTT.Session == 0 {
		return newSession()
	}
	s, _ := d.sessions.LoadOrStore(e.Share, newSession())
	known, _ := s.(*session)
	return known
}

// A sessionConn is the session of a connection.
type sessionConn struct {
	pahosession.SessionManager
	session *session
	refused func(packet string, code byte, text string) // a message
	most    int64                                       // unacknowledged messages that the server takes (Receive Maximum)
	settled chan struct{}                               // has an item once the server has acknowledged all messages
	lost    bool                                        // the connection; guarded by session.mu
}

func (s *session) attach(refused func(packet string, code byte, text string)) *sessionConn {
	return &sessionConn{SessionManager: s.State, session: s, refused: refused, settled: make(chan struct{}, 1)}
}

// ConAckReceived implements session.SessionManager.
func (c *sessionConn) ConAckReceived(w io.Writer, sent *packets.Connect, ack *packets.Connack) error {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.current = c
	if !ack.SessionPresent {
		c.session.unacknowledged.Store(0)
	}
	if c.most = math.MaxUint16; ack.Properties != nil && ack.Properties.ReceiveMaximum != nil {
		c.most = int64(*ack.Properties.ReceiveMaximum)
	}
	return c.SessionManager.ConAckReceived(w, sent, ack)
}

// AddToSession implements session.SessionManager. It waits while the server takes no more messages.
func (c *sessionConn) AddToSession(ctx context.Context, p pahosession.Packet, answer chan<- packets.ControlPacket) error {
	err := c.SessionManager.AddToSession(ctx, p, answer)
	if err == nil && p.Type() == packets.PUBLISH {
		c.session.unacknowledged.Add(1)
	}
	return err
}

// ready reports whether the server takes another message before it acknowledges one.
func (c *sessionConn) ready() bool { return c.session.unacknowledged.Load() < c.most }

// ConnectionLost implements session.SessionManager. A connection that has a successor is not that of the session.
func (c *sessionConn) ConnectionLost(p *packets.Disconnect) error {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.lost = true
	if c.session.current != c {
		return nil
	}
	return c.SessionManager.ConnectionLost(p)
}

// PacketReceived implements session.SessionManager. The library would panic if it answered a PUBREC after
// ConnectionLost, or during it; PUBLISH, which may wait for the receiver, is not answered here.
func (c *sessionConn) PacketReceived(p *packets.ControlPacket, received chan<- *packets.Publish) error {
	if p.Type == packets.PUBLISH {
		return c.SessionManager.PacketReceived(p, received)
	}
	err := c.handle(p, received)
	switch r := p.Content.(type) {
	case *packets.Puback:
		c.check("PUBACK", r.ReasonCode, r.Properties)
	case *packets.Pubrec:
		c.check("PUBREC", r.ReasonCode, r.Properties)
	}
	return err
}

func (c *sessionConn) handle(p *packets.ControlPacket, received chan<- *packets.Publish) error {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	if c.lost || c.session.current != c {
		return nil
	}
	err := c.SessionManager.PacketReceived(p, received)
	if ends(p) && c.session.unacknowledged.Add(-1) == 0 {
		select {
		case c.settled <- struct{}{}:
		default:
		}
	}
	return err
}

// ends reports whether a packet is the last one about a message that was sent.
func ends(p *packets.ControlPacket) bool {
	switch r := p.Content.(type) {
	case *packets.Puback, *packets.Pubcomp:
		return true
	case *packets.Pubrec:
		return r.ReasonCode >= failure
	}
	return false
}

// check reports a message that the server has refused; the library then no longer sends it again.
func (c *sessionConn) check(packet string, code byte, p *packets.Properties) {
	if code < failure {
		return
	}
	text := ""
	if p != nil {
		text = p.ReasonString
	}
	c.refused(packet, code, text)
}
