// Package mqtt is the client of MQTT 5: a connection per stream, which publishes to one topic and subscribes to
// others.
package mqtt

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// client opens streams.
type client struct {
	target   driver.Target
	name     string         // begins the client identifiers of streams that have none
	opened   atomic.Uint32  // streams without a name or a session
	leaving  sync.WaitGroup // goroutines that say goodbye
	sessions sync.Map       // *session of streams that resume theirs, by Endpoint.Share
}

// nameLength keeps client identifiers below 24 bytes, which every server accepts (MQTT 5, section 3.1.3.1).
const nameLength = 16

// New returns a driver that uses paho.golang.
func New(t driver.Target) driver.Driver {
	return &client{target: t, name: ("rtbench" + rand.Text())[:nameLength]}
}

// Reference returns the endpoint of a call to a reference server, which is a property of CONNECT.
func Reference(address string, secure bool, c proto.Call) *driver.Endpoint {
	return &driver.Endpoint{URL: driver.NewURL("mqtt", secure, address, "", ""), Hello: []byte(c.Encode()), MQTT: driver.MQTT{
		Publish: proto.MQTTToServer, Subscribe: []string{proto.MQTTFromServer, proto.MQTTEnd}, End: proto.MQTTEnd,
	}}
}

// Close implements driver.Driver.
func (d *client) Close() error {
	d.leaving.Wait()
	return nil
}

// Open implements driver.Driver. It connects and subscribes.
func (d *client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	hello, err := d.connectPacket(ctx, e)
	if err != nil {
		return nil, err
	}
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	st := newStream(d, e, &conn{Conn: nc})
	granted, err := st.enter(ctx, hello)
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	out := &driver.Stream{Conn: st, Writable: st}
	if granted < e.MQTT.QoS {
		out.Negotiated = "QoS " + strconv.Itoa(int(granted)) + " for messages of the server"
	}
	return out, nil
}

// receiveMaximum is the number of messages with QoS 1 and 2 that a stream takes before it acknowledges the first. The
// library allocates a queue of that length for each connection; its default is 65,535.
const receiveMaximum = 256

// connectPacket returns the CONNECT packet of a stream.
func (d *client) connectPacket(ctx context.Context, e *driver.Endpoint) (*paho.Connect, error) {
	most := uint16(receiveMaximum)
	c := &paho.Connect{
		ClientID:   d.clientID(e),
		KeepAlive:  keepAlive(d.target.Ping.Every),
		CleanStart: true,
		Username:   e.MQTT.User, UsernameFlag: e.MQTT.User != "",
		Password: []byte(e.MQTT.Password), PasswordFlag: e.MQTT.Password != "",
		Properties: &paho.ConnectProperties{ReceiveMaximum: &most, RequestProblemInfo: true},
	}
	if len(e.Hello) > 0 {
		c.Properties.User.Add(proto.MQTTCall, string(e.Hello))
	}
	if e.Bearer != nil {
		token, err := e.Bearer(ctx)
		if err != nil {
			return nil, err
		}
		c.Password, c.PasswordFlag = []byte(token), true
	}
	if e.MQTT.Session > 0 {
		seconds := uint32(min((e.MQTT.Session+time.Second-1)/time.Second, maxSession))
		c.Properties.SessionExpiryInterval = &seconds
		// The first one does not take over a session of an earlier run, nor one that has no subscriptions.
		c.CleanStart = !d.sessionOf(e).subscribed.Load()
	}
	return c, nil
}

// clientID returns the client identifier of a stream: of its own, unless it may resume a session.
func (d *client) clientID(e *driver.Endpoint) string {
	switch {
	case e.MQTT.ClientID != "":
		return e.MQTT.ClientID
	case e.MQTT.Session > 0:
		return d.name + "s" + strconv.Itoa(e.Share)
	}
	return d.name + strconv.FormatUint(uint64(d.opened.Add(1)), 10)
}

// maxSession is the longest session that ends, in seconds; a longer one would not.
const maxSession = 1<<32 - 2

// keepAlive returns the Keep Alive of CONNECT for an interval of pings: seconds, rounded up; 0 for none.
func keepAlive(every time.Duration) uint16 {
	return uint16(min((every+time.Second-1)/time.Second, 1<<16-1))
}

// connectError returns the error of a connection that the server did not accept.
func connectError(ack *paho.Connack, nc *conn, err error) error {
	if ack != nil && ack.ReasonCode >= failure {
		reason := ""
		if ack.Properties != nil {
			reason = ack.Properties.ReasonString
		}
		return refuse("the connection (CONNACK)", ack.ReasonCode, reason)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err // the library may still be reading
	}
	head := nc.head()
	switch {
	case string(head) == oldRefusal:
		return refuse("the connection, in the form of MQTT 3.1.1: it has no MQTT 5", 0x84, "")
	case len(head) > 0 && head[0]>>4 != connack:
		return driver.Refuse("not MQTT", "the server answers CONNECT with %q; expected a CONNACK packet of MQTT 5", head)
	}
	return broken(err)
}

const (
	connack = 2 // its packet type
	// oldRefusal is the CONNACK of MQTT 3.1.1 that refuses the version of the protocol.
	oldRefusal = "\x20\x02\x00\x01"
)

// isNetwork reports whether err is that of a connection rather than of its bytes.
func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || isEnd(err)
}
