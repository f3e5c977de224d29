package grpc

import (
	"context"
	"errors"
	"io"

	"golang.org/x/net/http2/hpack"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// lean makes calls over rtbench's own HTTP/2 client. The difference to client is the cost of grpc-go. It
// makes one call per stream, for wrapped messages, awaits its header, and neither compresses nor retries.
type lean struct {
	target driver.Target
	conn   *httpwire.SharedConn
}

// NewLean returns a driver for reference servers, over rtbench's own HTTP/2.
func NewLean(t driver.Target) driver.Driver { return lean{t, httpwire.NewSharedConn(t)} }

func (d lean) Open(ctx context.Context, e *driver.Endpoint) (_ *driver.Stream, err error) {
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = ctx.Err()
		}
	}()
	c, err := newCall(ctx, d.target, e)
	if err != nil {
		return nil, err
	}
	h, err := d.conn.Get(ctx)
	if err != nil {
		return nil, leanError(err)
	}
	st := h.NewStream(framing.GRPC{}, leanEnd)
	if err := c.startLean(ctx, st); err != nil {
		_ = st.Close()
		return nil, err
	}
	out := driver.Driven(leanStream{st})
	out.StreamLimit, _ = h.StreamLimit()
	return out, nil
}

// startLean starts the call and waits for the response header.
func (c *call) startLean(ctx context.Context, st *http2.Stream) error {
	var request []byte
	if !c.endpoint.ClientStreams {
		request = framing.GRPC{}.Append(nil, nil)
	}
	response, err := st.Open(ctx, c.leanHeader(), request, !c.endpoint.ClientStreams)
	if err != nil {
		return leanError(err)
	}
	if err = checkResponse(response); err == nil && response.Get("grpc-status") != "" {
		_, err = st.Recv() // the call ended without a header: its status has the reason
		err = asRefused(err)
	}
	return err
}

// leanHeader returns the fields of the request header.
func (c *call) leanHeader() http2.Header {
	scheme := "http"
	if c.target.TLS != nil {
		scheme = "https"
	}
	h := http2.Header{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: scheme},
		{Name: ":authority", Value: c.authority},
		{Name: ":path", Value: c.path},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "te", Value: "trailers"},
	}
	for name, values := range c.metadata {
		for _, v := range values {
			h = append(h, hpack.HeaderField{Name: name, Value: v})
		}
	}
	return h
}

func (d lean) Close() error { return d.conn.Close() }

type leanStream struct{ *http2.Stream }

func (st leanStream) Send(p []byte) error {
	err := st.Stream.Send(p)
	switch {
	case err == nil, errors.Is(err, eventloop.ErrSendAfterEnd):
		return err
	case errors.Is(err, io.EOF):
		return driver.ErrEnded
	}
	return leanError(err)
}
