package mqtt_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eclipse/paho.golang/packets"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/server"
)

// A broker returns each message to those who have subscribed, with every quality of service.
func TestBroker(t *testing.T) {
	t.Parallel()
	s := drivertest.StartServer(t, server.Config{})
	for qos := range byte(3) {
		room := func(e *driver.Endpoint) {
			e.MQTT = driver.MQTT{Publish: "rooms/" + string('0'+qos) + "/all", Subscribe: []string{"none", "rooms/" + string('0'+qos) + "/+"}, QoS: qos}
		}
		d := drivertest.NewCustomDriver(t, "mqtt", target(t, s.Info().Addresses["mqtt"], room))
		first, second := drivertest.Open(t, d, proto.Call{Share: 1}), drivertest.Open(t, d, proto.Call{Share: 2})
		for _, p := range []string{"one", "", strings.Repeat("x", 100_000)} {
			if err := first.Send([]byte(p)); err != nil {
				t.Fatal(err)
			}
			drivertest.Recv(t, first, p)
			drivertest.Recv(t, second, p)
		}
	}
}

// A server that refuses is named by the reason code, whichever packet has it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	connack := func(code byte, text string) func(p *peer) {
		return func(p *peer) {
			p.read(packets.CONNECT)
			p.write(&packets.Connack{ReasonCode: code, Properties: &packets.Properties{ReasonString: text}})
		}
	}
	bytes := func(text string) func(p *peer) {
		return func(p *peer) {
			p.read(packets.CONNECT)
			_, _ = io.WriteString(p.nc, text)
			_ = p.nc.Close()
		}
	}
	zero := byte(0)
	for name, c := range map[string]struct {
		serve       func(p *peer)
		class, says string
		permanent   bool
	}{
		"password":         {connack(0x86, "wrong one"), "MQTT bad user name or password", `the server refused the call: it refused the connection (CONNACK): bad user name or password ("wrong one")`, true},
		"not authorized":   {connack(0x87, ""), "MQTT not authorized", "(CONNACK): not authorized", true},
		"busy":             {connack(0x89, ""), "MQTT server busy", "server busy", false},
		"unknown":          {connack(0xEE, ""), "MQTT reason code 0xEE", "reason code 0xEE", true},
		"an older version": {bytes("\x20\x02\x00\x01"), "MQTT unsupported protocol version", "MQTT 3.1.1", true},
		"HTTP":             {bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), "not MQTT", `answers CONNECT with "HTTP"; expected a CONNACK packet of MQTT 5`, true},
		"nothing":          {bytes(""), "connection closed by the server", "", false},
		"half a packet":    {bytes("\x20\x05\x00"), "connection closed by the server", "", false},
		"an end before SUBACK": {func(p *peer) {
			p.read(packets.CONNECT)
			p.write(&packets.Connack{Properties: &packets.Properties{}})
			p.read(packets.SUBSCRIBE)
			_ = p.nc.Close()
		}, "connection closed by the server", "", false},
		"a bad property": {bytes("\x20\x05\x00\x00\x02\xff\xff"), "malformed frame", "", false},
		"a subscription": {func(p *peer) {
			p.read(packets.CONNECT)
			p.write(&packets.Connack{Properties: &packets.Properties{}})
			p.grant(0x87)
		}, "MQTT not authorized", "it refused the subscription to a (SUBACK): not authorized", true},
		"quality of service": {func(p *peer) {
			p.read(packets.CONNECT)
			p.write(&packets.Connack{Properties: &packets.Properties{MaximumQOS: &zero}})
		}, "MQTT QoS not supported", "QoS 0 at most (CONNACK), and the scenario has QoS 1", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := drivertest.OpenError(t, "mqtt", fake(t, c.serve, func(e *driver.Endpoint) { e.MQTT.QoS = 1 }))
			if driver.Class(err) != c.class || !strings.Contains(err.Error(), c.says) || driver.Permanent(err) != c.permanent {
				t.Errorf("%v, of class %q, permanent %v; want %q with %q", err, driver.Class(err), driver.Permanent(err), c.class, c.says)
			}
		})
	}
}

// The end of a stream is named by the reason of the server, after the messages before it.
func TestEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve func(p *peer)
		class string
	}{
		"shutting down":      {func(p *peer) { p.write(&packets.Disconnect{ReasonCode: 0x8B, Properties: &packets.Properties{}}) }, "MQTT server shutting down"},
		"without DISCONNECT": {func(p *peer) { _ = p.nc.Close() }, "connection closed by the server"},
		"an unknown packet":  {func(p *peer) { _, _ = io.WriteString(p.nc, "\x00\x00") }, "malformed frame"},
		"a long message":     {func(p *peer) { p.write(publish(0, strings.Repeat("x", 1001))) }, "message too long"},
		"a message not allowed": {func(p *peer) {
			p.write(&packets.Puback{PacketID: 1, ReasonCode: 0x97, Properties: &packets.Properties{}})
		}, "MQTT quota exceeded"},
		"a message refused": {func(p *peer) {
			p.write(&packets.Pubrec{PacketID: 1, ReasonCode: 0x87, Properties: &packets.Properties{}})
		}, "MQTT not authorized"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", fake(t, func(p *peer) {
				p.accept()
				p.write(publish(0, "one"))
				p.read(packets.PUBLISH) // once the client has received that
				c.serve(p)
			}, func(e *driver.Endpoint) { e.Limit = 1000 })), proto.Call{})
			drivertest.Recv(t, st, "one")
			if err := st.Send([]byte("two")); err != nil {
				t.Fatal(err)
			}
			err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
			if driver.Class(err) != c.class || errors.Is(err, io.EOF) {
				t.Errorf("%v, of class %q; want %q", err, driver.Class(err), c.class)
			}
		})
	}
}

// A message with QoS 1 that the server sends again is received twice, and acknowledged twice; one with QoS 2 once.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", fake(t, func(p *peer) {
		defer close(done)
		p.accept()
		again := publish(1, "one")
		p.write(again)
		p.read(packets.PUBACK)
		again.Duplicate = true
		p.write(again)
		p.read(packets.PUBACK)
		once := publish(2, "two")
		p.write(once)
		p.read(packets.PUBREC)
		once.Duplicate = true
		p.write(once)
		p.read(packets.PUBREC)
		p.write(&packets.Pubrel{PacketID: 2, Properties: &packets.Properties{}})
		p.read(packets.PUBCOMP)
		p.write(publish(0, "three"))
	}, nil)), proto.Call{})
	drivertest.Recv(t, st, "one", "one", "two", "three")
	<-done
}

// CONNECT has what the endpoint says; Close says goodbye; each packet is one write.
func TestPackets(t *testing.T) {
	t.Parallel()
	connects, left := make(chan *packets.Connect, 1), make(chan byte, 1)
	where := fake(t, func(p *peer) {
		connects <- p.accept()
		if got := p.read(packets.PUBLISH); got != nil {
			m, _ := got.Content.(*packets.Publish)
			p.write(m)
		}
		if got := p.read(packets.DISCONNECT); got != nil {
			d, _ := got.Content.(*packets.Disconnect)
			left <- d.ReasonCode
		}
	}, func(e *driver.Endpoint) {
		e.MQTT.ClientID, e.MQTT.User = "device-7", "ann"
		e.Bearer = func(context.Context) (string, error) { return "hunter2", nil }
	})
	var writes atomic.Int32
	where.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, address)
		return &countedConn{nc, &writes}, err
	}
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", where), proto.Call{})
	drivertest.CheckEcho(t, st, []byte("hello"))
	_ = st.Close()
	if code := <-left; code != 0 {
		t.Errorf("DISCONNECT has reason code %d, want 0", code)
	}
	if c := <-connects; c.ClientID != "device-7" || c.Username != "ann" || string(c.Password) != "hunter2" || !c.CleanStart || c.KeepAlive != 0 || c.ProtocolVersion != 5 {
		t.Errorf("CONNECT is %+v", c)
	}
	if n := writes.Load(); n != 4 {
		t.Errorf("CONNECT, SUBSCRIBE, PUBLISH and DISCONNECT took %d writes", n)
	}
}

type countedConn struct {
	net.Conn
	writes *atomic.Int32
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}
