package mqtt

import (
	"cmp"
	"context"
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
	limit    int // of a received message, in bytes

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
	st.pings = &pinger{config: d.target.Ping, conn: nc}
	st.client = paho.NewClient(paho.ClientConfig{
		Conn: nc, PingHandler: st.pings, PacketTimeout: packetTimeout,
		Session: d.sessionOf(e).attach(func(packet string, code byte, text string) {
			st.abort(rejected(packet, code, text))
		}),
		OnPublishReceived:  []func(paho.PublishReceived) (bool, error){st.onMessage},
		OnServerDisconnect: func(p *paho.Disconnect) { st.finish(disconnected(p.ReasonCode, reasonText(p))) },
		OnClientError:      func(err error) { st.finish(st.pings.explain(broken(err))) },
	})
	return st
}

// sessionOf returns the session of an endpoint's share, or a new one.
func (d *client) sessionOf(e *driver.Endpoint) *session {
	if e.MQTT.Session == 0 {
		return newSession()
	}
	s, _ := d.sessions.LoadOrStore(e.Share, newSession())
	known, _ := s.(*session)
	return known
}

func reasonText(p *paho.Disconnect) string {
	if p.Properties == nil {
		return ""
	}
	return p.Properties.ReasonString
}

// enter connects, and subscribes unless the server has resumed the session. It returns the lowest QoS granted.
func (st *stream) enter(ctx context.Context, hello *paho.Connect) (granted byte, err error) {
	ack, err := st.client.Connect(ctx, hello)
	if err != nil {
		return 0, connectError(ack, st.nc, err)
	}
	st.entered = true
	m := st.endpoint.MQTT
	if most := ack.Properties.MaximumQoS; most != nil && *most < m.QoS {
		return 0, driver.Refuse(class(0x9B), "it accepts messages with QoS %d at most (CONNACK), and the scenario has QoS %d", *most, m.QoS)
	}
	if len(m.Subscribe) == 0 || ack.SessionPresent {
		return m.QoS, nil
	}
	return st.subscribe(ctx)
}

// retained asks the server not to send messages that were published before (MQTT 5, section 3.8.3.1).
const retained = 2

func (st *stream) subscribe(ctx context.Context) (granted byte, err error) {
	p := &paho.Subscribe{}
	for _, filter := range st.endpoint.MQTT.Subscribe {
		p.Subscriptions = append(p.Subscriptions, paho.SubscribeOptions{Topic: filter, QoS: st.endpoint.MQTT.QoS, RetainHandling: retained})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the library waits for SUBACK even if the connection has ended
		select {
		case <-st.over:
			cancel()
		case <-ctx.Done():
		}
	}()
	ack, err := st.client.Subscribe(ctx, p)
	granted = st.endpoint.MQTT.QoS
	if ack != nil {
		for i, code := range ack.Reasons {
			if code >= failure {
				text := ""
				if ack.Properties != nil {
					text = ack.Properties.ReasonString
				}
				return 0, refuse("the subscription to "+st.endpoint.MQTT.Subscribe[min(i, len(p.Subscriptions)-1)]+" (SUBACK)", code, text)
			}
			granted = min(granted, code)
		}
	}
	return granted, st.explain(err)
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

// Send publishes a message. With QoS 1 and 2 it does not wait for the acknowledgement, unless the server has as many
// to send as it takes at once (Receive Maximum).
func (st *stream) Send(p []byte) error {
	if st.sentLast {
		return eventloop.ErrSendAfterEnd
	}
	if st.message.Topic == "" {
		return driver.ErrReceiveOnly
	}
	return st.publish(p)
}

func (st *stream) publish(p []byte) error {
	st.message.Payload = p
	_, err := st.client.PublishWithOptions(context.Background(), &st.message, paho.PublishOptions{Method: paho.PublishMethod_AsyncSend})
	if err == nil {
		return st.nc.failed()
	}
	if failed := st.nc.failed(); failed != nil {
		return failed
	}
	return st.explain(err)
}

// CloseSend publishes the end of the messages to a reference server. Otherwise MQTT has none.
func (st *stream) CloseSend() error {
	if st.sentLast {
		return nil
	}
	st.sentLast = true
	if st.message.Topic = st.endpoint.MQTT.End; st.message.Topic == "" {
		return nil
	}
	return st.publish(nil)
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
