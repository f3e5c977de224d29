package grpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/http2"
)

// lean makes calls over rtbench's own HTTP/2 client. The difference to client is the cost of grpc-go.
type lean struct {
	target driver.Target
	conn   *httpwire.SharedConn
	failed atomic.Pointer[failedDial] // nil after success
}

// A failedDial is the error of the last attempt to connect.
type failedDial struct {
	err   error
	until time.Time // when messages try again
}

// redialDelay is how long messages fail with the error of the last attempt to connect, so that a server
// that has gone is not flooded with attempts.
const redialDelay = 100 * time.Millisecond

// NewLean returns a driver over rtbench's own HTTP/2, for all kinds of targets. It has one connection.
// A stream is one call, or makes a call for each message.
func NewLean(t driver.Target) driver.Driver {
	return &lean{target: t, conn: httpwire.NewSharedConn(t)}
}

// Open implements driver.Driver. Like that of client, it waits for a response header only if the
// endpoint says so.
func (d *lean) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	c, err := newCall(ctx, d.target, e)
	if err != nil {
		return nil, err
	}
	st, err := d.open(ctx, c)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return st, err
}

func (d *lean) open(ctx context.Context, c *call) (*driver.Stream, error) {
	for again := false; ; again = true {
		h, err := d.connect(ctx)
		if err != nil {
			return nil, err
		}
		limit, _ := h.StreamLimit()
		if c.perMessage() {
			x := newExchanger(d, c, h)
			return &driver.Stream{Conn: newUnaryStream(c, x.exchange), SendWaits: true, StreamLimit: limit}, nil
		}
		st, err := c.openLean(ctx, h)
		switch {
		case err == nil:
			out := driver.Driven(st)
			out.StreamLimit, out.Header = limit, st.Header
			return out, nil
		case again || !unprocessed(err): // else another connection may accept it
			return nil, err
		}
	}
}

// connect returns the connection.
func (d *lean) connect(ctx context.Context) (*http2.Conn, error) {
	h, err := d.conn.Get(ctx)
	switch {
	case err == nil:
		d.failed.Store(nil)
		return h, nil
	case errors.Is(err, httpwire.ErrNoHTTP2):
		err = &callError{err: status.Error(codes.Unavailable, driver.NoHTTP2), class: driver.TLSNoALPN}
	case !errors.Is(err, driver.ErrRefused) && driver.TLSClass(err) == "":
		err = d.unreachable(err)
	}
	if !errors.Is(ctx.Err(), context.Canceled) { // by the caller
		d.failed.Store(&failedDial{err, time.Now().Add(redialDelay)})
	}
	return nil, err
}

// unreachable explains why there is no connection.
func (d *lean) unreachable(err error) error {
	e := unavailable(fmt.Errorf("connecting to %s: %w", d.target.Address, err))
	lost := slices.Contains([]string{"connection closed by the server", "connection reset"}, driver.Class(err))
	if tls := d.target.TLS; lost && tls != nil && len(tls.Certificates) == 0 {
		// The TLS alert can get lost with the connection.
		e.err = fmt.Errorf("%w (after the TLS handshake; the server may require a client certificate)", e.err)
	}
	return e
}

// Close implements driver.Driver.
func (d *lean) Close() error { return d.conn.Close() }

// unprocessed reports whether the server has not processed the call that failed with err.
func unprocessed(err error) bool {
	var gone *http2.GoAway
	var reset *http2.StreamReset
	return errors.As(err, &gone) && gone.Unprocessed || errors.As(err, &reset) && reset.Refused()
}
