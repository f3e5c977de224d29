package mqtt

import (
	"cmp"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/paho"
	pahosession "github.com/eclipse/paho.golang/paho/session"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A stream is a connection of the library.
type stream struct {
	driver   *client
	endpoint *driver.Endpoint
	nc       *conn
	client   *paho.Client
	pings    *pinger
	session  *sessionConn
	space    *eventloop.Writability // of the socket
	limit    int                    // of a received message, in bytes

	received chan []byte
	over     chan struct{} // closed once err is known; all messages before are in received
	err      error
	finished sync.Once
	closed   chan struct{} // by Close
	leaving  sync.Once
	entered  bool // CONNACK has accepted the connection

	message  paho.Publish // the last one sent
	sentLast bool         // CloseSend was called
}

// Limits of a stream.
const (
	queued = 64 // messages that wait for Recv, besides those in the library
	// packetTimeout is how long the library waits for an acknowledgement. Open has a limit of its own, and Send
	// waits for the server as it does over other protocols.
	packetTimeout = time.Hour
	// leaveTimeout bounds the writing of DISCONNECT, and of a message before it.
	leaveTimeout = 100 * time.Millisecond
)

func newStream(d *client, e *driver.Endpoint, nc *conn) *stream {
	st := &stream{
		driver: d, endpoint: e, nc: nc, limit: cmp.Or(e.Limit, proto.MaxSize),
		received: make(chan []byte, queued), over: make(chan struct{}), closed: make(chan struct{}),
		message: paho.Publish{Topic: e.MQTT.Publish, QoS: e.MQTT.QoS},
	}
	st.pings, st.space = &pinger{config: d.target.Ping, conn: nc}, eventloop.NewWritability(nc.Conn)
	st.session = d.sessionOf(e).attach(func(packet string, code byte, text string) {
		st.abort(rejected(packet, code, text))
	})
	st.client = paho.NewClient(paho.ClientConfig{
		Conn: nc, PingHandler: st.pings, PacketTimeout: packetTimeout, Session: st.session, AuthHandler: noAuth{st},
		OnPublishReceived:  []func(paho.PublishReceived) (bool, error){st.onMessage},
		OnServerDisconnect: func(p *paho.Disconnect) { st.finish(disconnected(p.ReasonCode, reasonText(p))) },
		OnClientError:      func(err error) { st.finish(st.pings.explain(broken(err))) },
	})
	return st
}

func reasonText(p *paho.Disconnect) string {
	if p.Properties == nil {
		return ""
	}
	return p.Properties.ReasonString
}

// explain returns the reason for which the stream ended, if it has, instead of an error of the library.
func (st *stream) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, paho.ErrConnectionLost) || errors.Is(err, pahosession.ErrNoConnection) {
		select { // the library is about to report the reason
		case <-st.over:
		case <-st.closed:
		}
	}
	select {
	case <-st.closed:
		return net.ErrClosed
	case <-st.over:
		if !errors.Is(st.err, io.EOF) {
			return st.err
		}
		return driver.ErrEnded
	default:
		return err
	}
}

// onMessage passes a message to Recv. It runs in a goroutine of the library.
func (st *stream) onMessage(p paho.PublishReceived) (bool, error) {
	select {
	case <-st.over:
		return true, nil
	default:
	}
	switch end := st.endpoint.MQTT.End; {
	case end != "" && p.Packet.Topic == end:
		st.finish(io.EOF)
		return true, nil
	case len(p.Packet.Payload) > st.limit:
		st.abort(framing.TooLong(st.limit))
		return true, nil
	}
	select {
	case st.received <- p.Packet.Payload:
	case <-st.closed:
	}
	return true, nil
}

// finish ends the stream after the messages in received. Later reasons are consequences of the first.
func (st *stream) finish(err error) {
	st.finished.Do(func() {
		st.err = err
		close(st.over)
	})
}

// abort ends the stream and its connection.
func (st *stream) abort(err error) {
	st.finish(err)
	_ = st.nc.Close()
}

// Recv implements proto.Conn.
func (st *stream) Recv() ([]byte, error) {
	select {
	case p := <-st.received:
		return p, nil
	default:
	}
	select {
	case p := <-st.received:
		return p, nil
	case <-st.closed:
		return nil, net.ErrClosed
	case <-st.over:
	}
	select {
	case p := <-st.received:
		return p, nil
	default:
		return nil, st.err
	}
}

// Close says goodbye (DISCONNECT, normal disconnection) and closes the connection.
func (st *stream) Close() error {
	st.leaving.Do(func() {
		close(st.closed)
		st.pings.stop()
		if !st.entered {
			_ = st.nc.Close()
			return
		}
		_ = st.nc.SetWriteDeadline(time.Now().Add(leaveTimeout))
		st.driver.leaving.Go(func() {
			_ = st.client.Disconnect(&paho.Disconnect{})
			st.finish(net.ErrClosed)
		})
	})
	return nil
}
