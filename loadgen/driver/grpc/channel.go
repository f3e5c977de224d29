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
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"rtbench/loadgen/driver"
)

// channels holds the channel for new streams. If it fails to connect, it is replaced: grpc-go would
// choose the time of the next attempt itself and fail each Open with the error of the previous one.
type channels struct {
	target    driver.Target
	options   []grpc.CallOption
	agent     string // prefix of the user agent
	authority string // value of :authority
	// callPerMessage reports that streams survive their connection, since each message is a call.
	// A channel with such streams reconnects.
	callPerMessage bool
	*limitTap

	mu      sync.Mutex
	current *channel
	retired map[*channel]bool // of closing connections, with streams left
	closed  bool
}

// A channel is a grpc-go channel with the state of its connection.
type channel struct {
	*grpc.ClientConn
	dialErr atomic.Pointer[error] // of the last attempt; nil if it succeeded
	retired atomic.Bool           // it must not reconnect
	streams int                   // number of streams; guarded by channels.mu
}

// connectParams sets short delays between reconnects, so that streams with a call per message notice
// soon that a server is back. The load generator sets the delays of other streams.
var connectParams = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 20 * time.Second,
}

var errDriverClosed = fmt.Errorf("the driver is closed: %w", net.ErrClosed)

// create returns a new channel. It does not connect yet.
func (h *channels) create() (*channel, error) {
	c := new(channel)
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		if c.retired.Load() {
			return nil, errDriverClosed
		}
		nc, err := h.target.DialTCP(ctx)
		if err != nil {
			c.dialErr.Store(&err)
			return nil, err
		}
		c.dialErr.Store(nil)
		return nc, nil
	}
	creds := insecure.NewCredentials()
	if h.target.TLS != nil {
		cfg := h.target.TLSConfig("h2")
		creds = fixedServerName{credentials.NewTLS(cfg), cfg.ServerName}
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(h.wrap(creds)),
		grpc.WithContextDialer(dial),
		grpc.WithIdleTimeout(0),
		grpc.WithConnectParams(connectParams),
		// The server would count a retried call twice, rtbench once.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultCallOptions(h.options...),
	}
	if h.authority != "" {
		options = append(options, grpc.WithAuthority(h.authority))
	}
	if h.agent != "" {
		options = append(options, grpc.WithUserAgent(h.agent))
	}
	var err error
	c.ClientConn, err = grpc.NewClient("passthrough:///"+h.target.Address, options...)
	return c, err
}

// acquire returns the channel for a new stream. The stream must release it.
func (h *channels) acquire() (*channel, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errDriverClosed
	}
	if c := h.current; c != nil && c.GetState() == connectivity.TransientFailure && (!h.callPerMessage || c.streams == 0) {
		h.retire(c)
	}
	if h.current == nil {
		c, err := h.create()
		if err != nil {
			return nil, err
		}
		h.current = c
	}
	h.current.streams++
	return h.current, nil
}

// retire replaces the current channel. Streams that a closing server still serves continue. The caller
// holds h.mu.
func (h *channels) retire(c *channel) {
	h.current = nil
	c.retired.Store(true)
	if c.streams == 0 {
		_ = c.Close()
		return
	}
	if h.retired == nil {
		h.retired = make(map[*channel]bool)
	}
	h.retired[c] = true
}

// release ends the use of a channel by a stream.
func (h *channels) release(c *channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.streams--; c.streams == 0 && h.retired[c] {
		delete(h.retired, c)
		_ = c.Close()
	}
}

// connect acquires a channel and waits for its connection.
func (h *channels) connect(ctx context.Context, d *custom) (*channel, error) {
	c, err := h.acquire()
	if err != nil {
		return nil, err
	}
	for {
		state := c.GetState()
		switch state {
		case connectivity.Ready:
			return c, nil
		case connectivity.Shutdown:
			h.release(c)
			return nil, errDriverClosed
		case connectivity.TransientFailure:
			if err := d.connectError(ctx, c); err != nil {
				h.release(c)
				return nil, err
			}
			return c, nil
		case connectivity.Idle:
			c.Connect()
		}
		if !c.WaitForStateChange(ctx, state) {
			h.release(c)
			return nil, fmt.Errorf("connecting to %s: %w", h.target.Address, ctx.Err())
		}
	}
}

// connectError returns the error of the channel's last attempt to connect. grpc-go reports it only to
// calls, so it starts one, which is never sent.
func (d *custom) connectError(ctx context.Context, c *channel) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := c.NewStream(ctx, &d.desc, d.path)
	if err != nil && ctx.Err() != nil { // not the server's error
		return fmt.Errorf("connecting to %s: %w", d.target.Address, ctx.Err())
	}
	return d.explain(c, err)
}

func (h *channels) Close() error {
	h.mu.Lock()
	all := h.retired
	current := h.current
	h.closed, h.current, h.retired = true, nil, nil
	h.mu.Unlock()
	var err error
	if current != nil {
		err = current.Close()
	}
	for c := range all {
		err = errors.Join(err, c.Close())
	}
	return err
}
