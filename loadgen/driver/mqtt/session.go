package mqtt

import (
	"io"
	"sync"

	"github.com/eclipse/paho.golang/packets"
	pahosession "github.com/eclipse/paho.golang/paho/session"
	"github.com/eclipse/paho.golang/paho/session/state"
)

// A session is what the library knows of messages under way, with QoS 1 and 2. The next connection of a stream
// resumes it if both ends keep it.
type session struct {
	*state.State
	mu      sync.Mutex
	current *sessionConn
}

func newSession() *session { return &session{State: state.NewInMemory()} }

// A sessionConn is the session of a connection.
type sessionConn struct {
	pahosession.SessionManager
	session *session
	refused func(packet string, code byte, text string) // a message
	lost    bool                                        // the connection; guarded by session.mu
}

func (s *session) attach(refused func(packet string, code byte, text string)) *sessionConn {
	return &sessionConn{SessionManager: s.State, session: s, refused: refused}
}

// ConAckReceived implements session.SessionManager.
func (c *sessionConn) ConAckReceived(w io.Writer, sent *packets.Connect, ack *packets.Connack) error {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.current = c
	return c.SessionManager.ConAckReceived(w, sent, ack)
}

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
	return c.SessionManager.PacketReceived(p, received)
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
