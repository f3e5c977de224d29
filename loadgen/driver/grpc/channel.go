package grpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"

	"rtbench/loadgen/driver"
)

// channels holds the channel for new streams. If it fails to connect, it is replaced: grpc-go would
// choose the time of the next attempt itself and fail each Open with the error of the previous one.
type channels struct {
	target driver.Target

	mu      sync.Mutex
	current *channel
	open    map[*channel]bool // the current one, and retired ones with streams left; nil once closed
}

// A channel is a grpc-go channel with the state of its connection.
type channel struct {
	*grpc.ClientConn
	dialErr     atomic.Pointer[error] // of the last attempt; nil if it succeeded
	streamLimit atomic.Int64          // of the last connection; 0 if there is none
	retired     atomic.Bool           // it must not reconnect
	streams     int                   // guarded by channels.mu
}

// connectParams sets short delays between reconnects, so that streams with a call per message notice
// soon that a server is back. The load generator sets the delays of other streams.
var connectParams = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 20 * time.Second,
}

var errDriverClosed = fmt.Errorf("the driver is closed: %w", net.ErrClosed)

// newChannel returns a channel for c. It does not connect yet.
func newChannel(c *call) (*channel, error) {
	ch := new(channel)
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		if ch.retired.Load() {
			return nil, errDriverClosed
		}
		nc, err := c.target.DialTCP(ctx)
		if err != nil {
			ch.dialErr.Store(&err)
			return nil, err
		}
		ch.dialErr.Store(nil)
		return nc, nil
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(newCredentials(c.target, &ch.streamLimit)),
		grpc.WithContextDialer(dial),
		grpc.WithIdleTimeout(0),
		grpc.WithConnectParams(connectParams),
		// The server would count a retried call twice, rtbench once.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithAuthority(c.authority),
		grpc.WithUserAgent(c.agent),
	}
	if p := c.target.Ping; p.Every > 0 {
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: p.Every, Timeout: p.Timeout, PermitWithoutStream: p.Idle}))
	}
	var err error
	ch.ClientConn, err = grpc.NewClient("passthrough:///"+c.target.Address, options...)
	return ch, err
}

// acquire sets the channel of a new stream. The stream must release it.
func (h *channels) acquire(c *call) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		return errDriverClosed
	}
	// Streams with a call for each message survive their connection, so their channel reconnects.
	if ch := h.current; ch != nil && (!c.perMessage() || ch.streams == 0) && ch.GetState() == connectivity.TransientFailure {
		h.retire(ch)
	}
	if h.current == nil {
		ch, err := newChannel(c)
		if err != nil {
			return err
		}
		h.current, h.open[ch] = ch, true
	}
	c.channel = h.current
	c.channel.streams++
	return nil
}

// retire replaces the current channel. Streams that a closing server still serves continue. The caller
// holds h.mu.
func (h *channels) retire(ch *channel) {
	h.current = nil
	ch.retired.Store(true)
	h.closeUnused(ch)
}

// closeUnused closes a retired channel after its last stream. The caller holds h.mu.
func (h *channels) closeUnused(ch *channel) {
	if ch.streams == 0 && ch.retired.Load() {
		delete(h.open, ch)
		_ = ch.Close()
	}
}

// release ends the use of its channel by a stream.
func (h *channels) release(c *call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.channel.streams--
	h.closeUnused(c.channel)
}

// connect acquires a channel for a stream and waits for its connection.
func (h *channels) connect(ctx context.Context, c *call) error {
	if err := h.acquire(c); err != nil {
		return err
	}
	err := c.connect(ctx)
	if err != nil {
		h.release(c)
	}
	return err
}

// connect waits for the connection of the channel.
func (c *call) connect(ctx context.Context) error {
	for {
		state := c.channel.GetState()
		switch state {
		case connectivity.Ready:
			return nil
		case connectivity.Shutdown:
			return errDriverClosed
		case connectivity.TransientFailure:
			return c.connectError(ctx)
		case connectivity.Idle:
			c.channel.Connect()
		}
		if !c.channel.WaitForStateChange(ctx, state) {
			return fmt.Errorf("connecting to %s: %w", c.target.Address, ctx.Err())
		}
	}
}

// connectError returns the error of the channel's last attempt to connect. grpc-go reports it only to
// calls, so it starts one, which is never sent.
func (c *call) connectError(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := c.channel.NewStream(ctx, &c.desc, c.path)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // not the server's error
		return fmt.Errorf("connecting to %s: %w", c.target.Address, ctx.Err())
	}
	return c.explain(err)
}

// Close implements driver.Driver.
func (h *channels) Close() error {
	h.mu.Lock()
	open := h.open
	h.current, h.open = nil, nil
	h.mu.Unlock()
	var err error
	for ch := range open {
		err = errors.Join(err, ch.Close())
	}
	return err
}
