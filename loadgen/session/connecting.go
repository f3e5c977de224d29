package session

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// A connection is the driver of one connection, with the times of its last attempt to connect.
type connection struct {
	driver.Driver // nil if each stream has one until it is open

	opener   *opener
	tcp, tls atomic.Int64 // nanoseconds; 0: it did not connect, or is unknown
	cuts     atomic.Int64 // by events
	resumed  atomic.Bool  // the TLS session of an earlier connection, when it last connected
	tracked  *tracked     // nil unless events may cut it
}

// tracked are the network connections of a driver that may be open.
type tracked struct {
	mu   sync.Mutex
	open []net.Conn
}

// begin forgets the times of the attempt before.
func (c *connection) begin() {
	c.tcp.Store(0)
	c.tls.Store(0)
}

// newConnection returns a driver for one connection.
func (o *opener) newConnection() (c *connection, err error) {
	c = &connection{opener: o}
	if len(o.Cell.Events) > 0 {
		c.tracked = new(tracked)
	}
	if !drivers.Stateless(o.Cell.Protocol, o.Cell.Stack) {
		c.Driver, err = c.newDriver()
	}
	return c, err
}

// Open implements driver.Driver.
func (c *connection) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	d := c.Driver
	if d == nil {
		var err error
		if d, err = c.newDriver(); err != nil {
			return nil, err
		}
	}
	return d.Open(ctx, e)
}

// Close implements driver.Driver.
func (c *connection) Close() error {
	if c.Driver == nil {
		return nil
	}
	return c.Driver.Close()
}

// newDriver returns a driver that notes its times in c.
func (c *connection) newDriver() (driver.Driver, error) {
	o := c.opener
	p, t := o.Cell.Protocol, driver.Target{Dial: c.dial, Secure: c.secure}
	if t.Address, t.TLS = o.Server.Info.Addresses[p], o.Server.TLS; o.Custom != nil {
		t.Address, t.TLS, t.OptionalALPN, t.Ping = o.Custom.Address, o.Custom.TLS, o.Custom.OptionalALPN, o.Custom.Ping
		t.Ping.Counts = &o.events.pings
	}
	if t.TLS != nil && t.TLS.ClientSessionCache != nil {
		t.TLS = t.TLS.Clone()
		t.TLS.VerifyConnection = func(s tls.ConnectionState) error {
			c.resumed.Store(s.DidResume)
			return nil
		}
	}
	return drivers.New(p, o.Cell.Stack, t)
}

func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	begun := clock.Now()
	nc, err := c.opener.Dial(ctx, network, address)
	if network == "tcp" {
		c.tcp.Add(clock.Now() - begun)
	}
	if err == nil && c.tracked != nil {
		c.tracked.track(nc)
	}
	return nc, err
}

func (c *connection) secure(ctx context.Context, nc *tls.Conn) error {
	begun := clock.Now()
	err := nc.HandshakeContext(ctx)
	c.tls.Add(clock.Now() - begun)
	return err
}

// connectTimes are those of a group's streams before the load. Its methods are safe for concurrent use.
type connectTimes struct {
	mu      sync.Mutex
	begun   int64
	resumed uint64
	connectSamples
}

type connectSamples struct{ time, lag, tcp, tls, upgrade, since record.Samples }

// begin forgets earlier times. Connecting begins at a time.
func (c *connectTimes) begin(at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun, c.resumed, c.connectSamples = at, 0, connectSamples{}
}

// timesOf are when a stream was due to be opened, and when its first and last attempts began. planned means that
// a plan says when it is due.
type timesOf struct {
	due, first, last int64
	planned          bool
}

// opened records a stream of a group that is open now.
func (c *connectTimes) opened(by *connection, of *Config, t timesOf) {
	now := clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time.Add(time.Duration(now - t.due))
	c.since.Add(time.Duration(now - c.begun))
	if t.planned {
		c.lag.Add(time.Duration(t.first - t.due))
	}
	if by.resumed.Load() {
		c.resumed++
	}
	dialed, secured := by.tcp.Load(), by.tls.Load()
	secure := of.Server != nil && of.Server.TLS != nil || of.Custom != nil && of.Custom.TLS != nil
	if of.Cell.Streams > 1 || dialed == 0 {
		return
	}
	c.tcp.Add(time.Duration(dialed))
	if secured > 0 {
		c.tls.Add(time.Duration(secured))
	}
	if secured > 0 || !secure {
		c.upgrade.Add(time.Duration(now - t.last - dialed - secured))
	}
}

func note(h *hdrhistogram.Histogram, d int64) {
	_ = h.RecordValue(min(max(0, d), record.Highest))
}

// result describes how the given number of streams were opened; nil if opening has not begun.
func (c *connectTimes) result(streams uint64) *result.Connecting {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun == 0 {
		return nil
	}
	wrap := func(s *record.Samples) result.Histogram { return result.Wrap(s.Histogram()) }
	return &result.Connecting{
		Streams: streams, Resumed: c.resumed, Time: wrap(&c.time), Lag: wrap(&c.lag), TCP: wrap(&c.tcp), TLS: wrap(&c.tls),
		Upgrade: wrap(&c.upgrade), Opened: wrap(&c.since),
	}
}

// sleepUntil reports whether t was reached before the end of ctx.
func sleepUntil(ctx context.Context, t int64) bool {
	d := time.Duration(t - clock.Now())
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
