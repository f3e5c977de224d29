package mqtt_test

import (
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// A client pings at the interval, with the Keep Alive of CONNECT, and the counts of both ends agree, but for a ping after DISCONNECT.
func TestPings(t *testing.T) {
	t.Parallel()
	pinged, connects := make(chan int, 1), make(chan *packets.Connect, 1)
	where := fake(t, func(p *peer) {
		connects <- p.accept()
		n := 0
		for {
			got, err := packets.ReadPacket(p.nc)
			if err != nil || got.Type != packets.PINGREQ {
				break
			}
			n++
			p.write(&packets.Pingresp{})
			p.write(publish(0, "ping"))
		}
		pinged <- n
	}, nil)
	var counts driver.PingCounts
	where.Ping = driver.Ping{Every: 10 * time.Millisecond, Timeout: time.Minute, Counts: &counts}
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", where), proto.Call{})
	drivertest.Recv(t, st, "ping", "ping", "ping")
	_ = st.Close()
	if got, sent, answered := <-pinged, int(counts.Sent.Load()), int(counts.Answered.Load()); got > sent || got+1 < sent || got < 3 || answered < 2 || answered > sent {
		t.Errorf("the server counted %d pings, the client %d with %d answers", got, sent, answered)
	}
	if c := <-connects; c.KeepAlive != 1 {
		t.Errorf("Keep Alive %d, want 1", c.KeepAlive)
	}
}

// A ping without an answer in time ends the stream with a class of its own; the server may ask for pings.
func TestPingTimeout(t *testing.T) {
	t.Parallel()
	asked := uint16(1)
	for _, asks := range []bool{false, true} {
		where := fake(t, func(p *peer) {
			p.read(packets.CONNECT)
			ack := &packets.Connack{Properties: &packets.Properties{}}
			if asks {
				ack.Properties.ServerKeepAlive = &asked
			}
			p.write(ack)
			p.grant(0)
			p.read(packets.PINGREQ)
		}, nil)
		if !asks {
			where.Ping = driver.Ping{Every: 10 * time.Millisecond, Timeout: 10 * time.Millisecond}
		} else {
			where.Ping.Timeout = 10 * time.Millisecond
		}
		st := drivertest.Open(t, drivertest.NewCustomDriver(t, "mqtt", where), proto.Call{})
		err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
		if driver.Class(err) != "ping timeout" {
			t.Errorf("%v, of class %s", err, driver.Class(err))
		}
	}
}
