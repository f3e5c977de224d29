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

// channels has the channel that streams are opened on. One whose connection could not be
// made is given up for a new one, since grpc-go would try it again at times of its own
// and tell each Open what the attempt before said.
type channels struct {
	target    driver.Target
	options   []grpc.CallOption
	agent     string // before the library's own name
	authority string // the :authority of calls
	// callPerMessage streams live on whatever becomes of the connection: each of their messages is a
	// call. A channel that has any connects again.
	callPerMessage bool
	*limitTap

	mu      sync.Mutex
	current *channel
	retired map[*channel]bool // with streams still, of a connection that is going away
	closed  bool
}

// An channel is a channel of grpc-go and what is known of its connection.
type channel struct {
	*grpc.ClientConn
	dialErr atomic.Pointer[error] // the last attempt's error, if it had one
	retired atomic.Bool           // it makes no connection any more
	streams int                   // on it; guarded by channels.mu
}

// connectParams are between attempts to connect for streams that make a call a message: whoever
// comes back is found soon. It is the generator that has the pauses of other streams.
var connectParams = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 20 * time.Second,
}

var errDriverClosed = fmt.Errorf("the driver is closed: %w", net.ErrClosed)

// create makes a channel. It does not connect yet.
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
		// A call that is made twice would be two in the server's figures and one in ours.
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

// fixedServerName verifies the certificate against the server name of TLS, whatever :authority is. The
// library would use :authority for both.
type fixedServerName struct {
	credentials.TransportCredentials
	serverName string
}

// Info implements credentials.TransportCredentials.
func (c fixedServerName) Info() credentials.ProtocolInfo {
	info := c.TransportCredentials.Info()
	info.ServerName = "" //nolint:staticcheck // the library still reads it
	return info
}

// ClientHandshake implements credentials.TransportCredentials.
func (c fixedServerName) ClientHandshake(ctx context.Context, _ string, nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return c.TransportCredentials.ClientHandshake(ctx, c.serverName, nc)
}

// Clone implements credentials.TransportCredentials.
func (c fixedServerName) Clone() credentials.TransportCredentials {
	return fixedServerName{c.TransportCredentials.Clone(), c.serverName}
}

// acquire returns the channel to open a stream on, which release gives back.
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

// retire gives up the current channel. Streams that a server which goes away still serves
// live on. h.mu is held.
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

// release is called when a stream on the channel has ended.
func (h *channels) release(c *channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.streams--; c.streams == 0 && h.retired[c] {
		delete(h.retired, c)
		_ = c.Close()
	}
}

// connect takes a channel and waits until it is connected. Its error says why it is not.
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

// connectError returns the error that the channel's last attempt had: it is told to a call alone.
// Such a call goes nowhere.
func (d *custom) connectError(ctx context.Context, c *channel) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := c.NewStream(ctx, &d.desc, d.path)
	if err != nil && ctx.Err() != nil { // which is no word of the server's
		return fmt.Errorf("connecting to %s: %w", d.target.Address, ctx.Err())
	}
	return d.explain(c, err)
}

// Close implements Driver.
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
