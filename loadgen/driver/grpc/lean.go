package grpc

import (
	"context"
	"errors"
	"io"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// lean makes the calls of reference over rtbench's own HTTP/2 client. The difference between the two is
// the cost of grpc-go's client. It does not compress or retry.
type lean struct{ client *httpwire.SharedConn }

// NewLean returns a driver for reference servers, over rtbench's own HTTP/2.
func NewLean(t driver.Target) driver.Driver { return lean{httpwire.NewSharedConn(t)} }

func (d lean) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	h, err := d.client.Get(ctx)
	if err != nil {
		return nil, openError(ctx, statusError(err))
	}
	st, err := d.start(ctx, h, e.Call)
	if err != nil {
		return nil, openError(ctx, err)
	}
	out := driver.Driven(leanStream{st})
	out.StreamLimit = h.StreamLimit()
	return out, nil
}

// openError returns the error of ctx if it has ended, else err.
func openError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// start starts the call and waits for the response header. If only the server sends, the request is
// one empty message.
func (d lean) start(ctx context.Context, h *http2.Conn, c proto.Call) (*http2.Stream, error) {
	st := h.NewStream(framing.GRPC{}, endStatus)
	var request []byte
	traffic := c.Pattern.Traffic()
	if !traffic.ClientSends {
		request = framing.GRPC{}.Append(nil, nil)
	}
	header := d.client.RequestHeader("POST", traffic.GRPCMethod(), "content-type", "application/grpc", "te", "trailers", proto.MetadataKey, c.Encode())
	response, err := st.Open(ctx, header, request, !traffic.ClientSends)
	if err != nil {
		return nil, statusError(err)
	}
	if err = checkResponse(response); err == nil && response.Get("grpc-status") != "" {
		_, err = st.Recv() // the call ended without a header: its status has the reason
	}
	if err != nil {
		_ = st.Close()
		return nil, asRefused(err)
	}
	return st, nil
}

func (d lean) Close() error { return d.client.Close() }

type leanStream struct{ *http2.Stream }

func (st leanStream) Send(p []byte) error {
	err := st.Stream.Send(p)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return driver.ErrEnded
	case errors.Is(err, eventloop.ErrSendAfterEnd):
		return err
	}
	return statusError(err)
}
