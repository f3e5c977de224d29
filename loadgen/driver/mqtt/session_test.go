package mqtt_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/server"
)

// A stream that breaks gets, when it is opened again, the messages that came meanwhile, if the scenario has sessions.
func TestSessions(t *testing.T) {
	t.Parallel()
	s := drivertest.StartServer(t, server.Config{})
	for _, keeps := range []time.Duration{0, time.Hour} {
		where := target(t, s.Info().Addresses["mqtt"], func(e *driver.Endpoint) {
			e.MQTT = driver.MQTT{Publish: "kept", Subscribe: []string{"kept"}, QoS: 1, Session: keeps}
		})
		conns := &dialed{}
		where.Dial = conns.dial
		d := drivertest.NewCustomDriver(t, "mqtt", where)
		broken, other := drivertest.Open(t, d, proto.Call{Share: 1}), drivertest.Open(t, d, proto.Call{Share: 2})
		conns.cut(0)
		if _, err := broken.Recv(); err == nil {
			t.Fatal("a message on a connection that was cut")
		}
		_ = broken.Close()
		for _, p := range []string{"one", "two"} {
			if err := other.Send([]byte(p)); err != nil {
				t.Fatal(err)
			}
			drivertest.Recv(t, other, p)
		}
		again := drivertest.Open(t, d, proto.Call{Share: 1})
		if keeps > 0 {
			first, second := receive(t, again), receive(t, again) // brokers may change the order
			if min(first, second) != "one" || max(first, second) != "two" {
				t.Errorf("received %s and %s, want one and two", first, second)
			}
		}
		if err := other.Send([]byte("three")); err != nil {
			t.Fatal(err)
		}
		drivertest.Recv(t, again, "three")
		_, _ = again.Close(), other.Close()
	}
}

// A stream that broke before it had subscribed does so when it is opened again, in a new session.
func TestSessionWithoutSubscriptions(t *testing.T) {
	t.Parallel()
	connects := make(chan *packets.Connect, 3)
	d := drivertest.NewCustomDriver(t, "mqtt", fake(t, func(p *peer) {
		connect := p.read(packets.CONNECT)
		if connect == nil {
			return
		}
		c, _ := connect.Content.(*packets.Connect)
		p.write(&packets.Connack{SessionPresent: !c.CleanStart, Properties: &packets.Properties{}})
		connects <- c
		switch len(connects) {
		case 1:
			p.read(packets.SUBSCRIBE)
			_ = p.nc.Close()
		case 2:
			p.grant(0)
		}
	}, func(e *driver.Endpoint) { e.MQTT.Session = time.Hour }))
	for i, opens := range []bool{false, true, true} {
		err := drivertest.Bounded(t, "Open", func() error {
			st, err := d.Open(t.Context(), proto.Call{Share: 1})
			if err == nil {
				_ = st.Close()
			}
			return err
		})
		if (err == nil) != opens {
			t.Errorf("connection %d: %v", i+1, err)
		}
	}
	for i, clean := range []bool{true, true, false} {
		if c := <-connects; c.CleanStart != clean {
			t.Errorf("connection %d has Clean Start %v", i+1, c.CleanStart)
		}
	}
}

func receive(t *testing.T, st *driver.Stream) (text string) {
	t.Helper()
	err := drivertest.Bounded(t, "Recv", func() error {
		p, err := st.Recv()
		text = string(p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dialed are connections in the order in which they were opened.
type dialed struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (d *dialed) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, nc)
	return nc, err
}

func (d *dialed) cut(i int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.conns[i].Close()
}
