package mqtt_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/eclipse/paho.golang/packets"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
)

// A peer is the server's end of a connection, packet by packet.
type peer struct {
	t  *testing.T
	nc net.Conn
}

// read returns the next packet, which must be of a type; nil at the end.
func (p *peer) read(kind byte) *packets.ControlPacket {
	got, err := packets.ReadPacket(p.nc)
	if err != nil {
		return nil
	}
	if got.Type != kind {
		p.t.Errorf("the client sent %s, want packet type %d", got.PacketType(), kind)
		return nil
	}
	return got
}

func (p *peer) write(c packets.Packet) { _, _ = c.WriteTo(p.nc) }

// accept accepts the connection and a subscription.
func (p *peer) accept() (connect *packets.Connect) {
	got := p.read(packets.CONNECT)
	if got == nil {
		return nil
	}
	p.write(&packets.Connack{Properties: &packets.Properties{}})
	p.grant(0)
	connect, _ = got.Content.(*packets.Connect)
	return connect
}

// grant answers a subscription with a code for each filter.
func (p *peer) grant(code byte) {
	if got := p.read(packets.SUBSCRIBE); got != nil {
		s, _ := got.Content.(*packets.Subscribe)
		codes := make([]byte, len(s.Subscriptions))
		for i := range codes {
			codes[i] = code
		}
		p.write(&packets.Suback{PacketID: s.PacketID, Reasons: codes, Properties: &packets.Properties{}})
	}
}

func publish(qos byte, text string) *packets.Publish {
	return &packets.Publish{Topic: "a", QoS: qos, PacketID: uint16(qos), Payload: []byte(text), Properties: &packets.Properties{}}
}

// fake serves each connection with a function, and returns a target that publishes and subscribes to the topic a.
func fake(t *testing.T, serve func(p *peer), edit func(*driver.Endpoint)) drivertest.Target {
	t.Helper()
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		serve(&peer{t, nc})
		_, _ = io.Copy(io.Discard, nc)
	})
	return target(t, strings.TrimPrefix(base, "http://"), edit)
}

// target returns a target that publishes and subscribes to the topic a.
func target(t *testing.T, address string, edit func(*driver.Endpoint)) drivertest.Target {
	t.Helper()
	return drivertest.CustomTarget(t, "mqtt://"+address, "", func(e *driver.Endpoint) {
		e.MQTT = driver.MQTT{Publish: "a", Subscribe: []string{"a"}}
		if edit != nil {
			edit(e)
		}
	})
}
