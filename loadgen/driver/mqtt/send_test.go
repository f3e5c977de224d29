package mqtt_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/eclipse/paho.golang/packets"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// A stream is not writable while the server has as many unacknowledged messages as it takes, and the end of sending
// waits for the last acknowledgement, with QoS 2 for PUBCOMP.
func TestReceiveMaximum(t *testing.T) {
	t.Parallel()
	for qos := byte(1); qos <= 2; qos++ {
		most, settle := uint16(1), make(chan struct{})
		var settled atomic.Bool
		st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", fake(t, func(p *peer) {
			p.read(packets.CONNECT)
			p.write(&packets.Connack{Properties: &packets.Properties{ReceiveMaximum: &most}})
			p.grant(qos)
			p.acknowledge()
			p.write(publish(0, "first"))
			p.read(packets.PUBLISH)
			<-settle
			settled.Store(true)
			p.write(&packets.Puback{PacketID: 2, Properties: &packets.Properties{}})
			p.write(&packets.Pubcomp{PacketID: 2, Properties: &packets.Properties{}})
		}, func(e *driver.Endpoint) { e.MQTT.QoS = qos })), proto.Call{})
		if !st.Writable.Writable() {
			t.Error("not writable before the first message")
		}
		for _, text := range []string{"one", "two"} {
			if err := st.Send([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if text == "one" {
				drivertest.Recv(t, st, "first")
			}
		}
		if st.Writable.Writable() {
			t.Errorf("QoS %d: writable with one message unacknowledged of one", qos)
		}
		close(settle)
		if err := drivertest.Bounded(t, "CloseSend", st.CloseSend); err != nil || !settled.Load() || !st.Writable.Writable() {
			t.Errorf("QoS %d: CloseSend: %v, before the acknowledgement: %v, writable: %v", qos, err, !settled.Load(), st.Writable.Writable())
		}
	}
}

// acknowledge reads a message and acknowledges it.
func (p *peer) acknowledge() {
	got := p.read(packets.PUBLISH)
	if got == nil {
		return
	}
	m, _ := got.Content.(*packets.Publish)
	if m.QoS == 1 {
		p.write(&packets.Puback{PacketID: m.PacketID, Properties: &packets.Properties{}})
		return
	}
	p.write(&packets.Pubrec{PacketID: m.PacketID, Properties: &packets.Properties{}})
	p.read(packets.PUBREL)
	p.write(&packets.Pubcomp{PacketID: m.PacketID, Properties: &packets.Properties{}})
}

// Sends that fail leave the reason of the server to be read.
func TestReasonAfterFailedSends(t *testing.T) {
	t.Parallel()
	failed := make(chan struct{})
	where := fake(t, func(p *peer) {
		p.accept()
		<-failed
		p.write(&packets.Disconnect{ReasonCode: 0x8B, Properties: &packets.Properties{}})
	}, nil)
	var broken atomic.Bool
	where.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		return &brokenConn{nc, &broken}, err
	}
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", where), proto.Call{})
	broken.Store(true)
	for range 2 {
		if err := st.Send([]byte("x")); !errors.Is(err, errBroken) {
			t.Errorf("Send: %v", err)
		}
	}
	close(failed)
	err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
	if driver.Class(err) != "MQTT server shutting down" {
		t.Errorf("%v, of class %q", err, driver.Class(err))
	}
}

var errBroken = errors.New("broken")

// A brokenConn cannot be written to once it is broken.
type brokenConn struct {
	net.Conn
	broken *atomic.Bool
}

func (c *brokenConn) Write(p []byte) (int, error) {
	if c.broken.Load() {
		return 0, errBroken
	}
	return c.Conn.Write(p)
}

// A server that begins an authentication for which no one asked ends the stream.
func TestUnexpectedAuthentication(t *testing.T) {
	t.Parallel()
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", fake(t, func(p *peer) {
		p.read(packets.CONNECT)
		p.write(&packets.Connack{Properties: &packets.Properties{AuthMethod: "other"}})
		p.grant(0)
		p.read(packets.PUBLISH) // the stream is open
		p.write(&packets.Auth{ReasonCode: packets.AuthContinueAuthentication, Properties: &packets.Properties{AuthMethod: "other"}})
	}, nil)), proto.Call{})
	if err := st.Send([]byte("x")); err != nil {
		t.Fatal(err)
	}
	err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
	if driver.Class(err) != "MQTT bad authentication method" {
		t.Errorf("%v, of class %q", err, driver.Class(err))
	}
}
