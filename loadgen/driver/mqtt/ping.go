package mqtt

import (
	"cmp"
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho/log"

	"rtbench/loadgen/driver"
)

// A pinger is the library's Pinger, with rtbench's interval and counts.
type pinger struct {
	config driver.Ping
	conn   *conn
	pings  atomic.Pointer[driver.Pinger]
}

// Run implements paho.Pinger. The server may ask for pings in CONNACK (Server Keep Alive).
func (p *pinger) Run(ctx context.Context, _ net.Conn, seconds uint16) error {
	c := p.config
	if asked := time.Duration(seconds) * time.Second; asked > 0 && (c.Every == 0 || asked < c.Every) {
		c.Every, c.Timeout = asked, cmp.Or(c.Timeout, asked)
	}
	pings := c.Start(func() error {
		_, err := packets.NewControlPacket(packets.PINGREQ).WriteTo(p.conn)
		return cmp.Or(err, p.conn.failed())
	}, nil, func() { _ = p.conn.Close() })
	if pings == nil {
		return nil
	}
	p.pings.Store(pings)
	<-ctx.Done()
	pings.Stop()
	return nil
}

// PingResp implements paho.Pinger.
func (p *pinger) PingResp() { p.pings.Load().Answered() }

// explain returns the error of an unanswered ping for an error of a connection that ended because of it.
func (p *pinger) explain(err error) error { return p.pings.Load().Explain(err) }

// stop ends the pings.
func (p *pinger) stop() { p.pings.Load().Stop() }

// PacketSent implements paho.Pinger.
func (p *pinger) PacketSent() {}

// PacketReceived implements paho.Pinger.
func (p *pinger) PacketReceived() {}

// SetDebug implements paho.Pinger.
func (p *pinger) SetDebug(log.Logger) {}
