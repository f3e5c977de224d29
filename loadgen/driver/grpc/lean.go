package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	nethttp2 "golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// lean speaks what reference does, by rtbench's own client of HTTP/2: what
// it costs less is what grpc-go's client costs. It neither compresses nor retries.
type lean struct{ client *httpwire.SharedConn }

// NewLean returns a driver for reference servers, over rtbench's own HTTP/2.
func NewLean(t driver.Target) driver.Driver { return lean{httpwire.NewSharedConn(t)} }

func (d lean) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	m, ok := methods[c.Pattern]
	if !ok {
		return nil, fmt.Errorf("no gRPC method for pattern %q", c.Pattern)
	}
	st, err := d.start(ctx, m.name, c, !m.desc.ClientStreams)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return leanStream{st}, nil
}

// start begins the RPC and waits for the server's header. Where the client sends
// nothing, it sends one empty message and the end.
func (d lean) start(ctx context.Context, method string, c proto.Call, listens bool) (*http2.Stream, error) {
	h, err := d.client.Get(ctx)
	if err != nil {
		return nil, statusError(err)
	}
	st := h.NewStream(framing.GRPC{}, endStatus)
	var request []byte
	if listens {
		request = framing.GRPC{}.Append(nil, nil)
	}
	header := d.client.RequestHeader("POST", method, "content-type", "application/grpc", "te", "trailers", proto.MetadataKey, c.Encode())
	answer, err := st.Open(ctx, header, request, listens)
	if err != nil {
		return nil, statusError(err)
	}
	if err = checkResponse(answer); err == nil && answer.Get("grpc-status") != "" {
		_, err = st.Recv() // the RPC ended before it began: its status says why
	}
	if err != nil {
		_ = st.Close()
		return nil, asRefused(err)
	}
	return st, nil
}

// StreamLimit implements StreamLimiter.
func (d lean) StreamLimit() (most, reserved int) { return d.client.StreamLimit() }

func (d lean) Close() error { return d.client.Close() }

type leanStream struct{ *http2.Stream }

// Send implements proto.Conn.
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

// endStatus is what the end of a stream says of the RPC.
func endStatus(trailer http2.Header, err error) error {
	if !errors.Is(err, io.EOF) {
		return statusError(err)
	}
	text := trailer.Get("grpc-status")
	code, err := strconv.ParseUint(text, 10, 32)
	switch {
	case text == "":
		return status.Error(codes.Internal, "the server has ended the stream without a status")
	case err != nil:
		return status.Errorf(codes.Unknown, "the server ended the stream with status %q", text)
	case code == 0:
		return io.EOF
	}
	words := trailer.Get("grpc-message")
	if plain, err := url.PathUnescape(words); err == nil {
		words = plain
	}
	return status.Error(codes.Code(code), words)
}

// checkResponse says what is wrong with the header of a response, if anything.
func checkResponse(h http2.Header) error {
	if strings.HasPrefix(h.Get("content-type"), "application/grpc") {
		return nil
	}
	code := codes.Unknown
	n, _ := strconv.Atoi(h.Get(":status"))
	switch n {
	case http.StatusBadRequest:
		code = codes.Internal
	case http.StatusUnauthorized:
		code = codes.Unauthenticated
	case http.StatusForbidden:
		code = codes.PermissionDenied
	case http.StatusNotFound:
		code = codes.Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		code = codes.Unavailable
	}
	return status.Errorf(code, "the answer is HTTP status %d of %q, not gRPC", n, h.Get("content-type"))
}

// statusError gives an error the status that grpc-go would, so that both are counted
// alike.
func statusError(err error) error {
	code := codes.Unavailable
	var reset *http2.StreamReset
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &reset):
		code = resetCode(reset.Code)
	case errors.Is(err, net.ErrClosed):
		code = codes.Canceled
	case errors.Is(err, framing.ErrTooLong):
		code = codes.ResourceExhausted
	case errors.Is(err, framing.ErrMalformed):
		code = codes.Internal
	}
	return status.Error(code, err.Error())
}

// resetCode is what a RST_STREAM means to gRPC ("HTTP2 Transport Mapping" of its
// specification).
func resetCode(c nethttp2.ErrCode) codes.Code {
	switch c {
	case nethttp2.ErrCodeRefusedStream:
		return codes.Unavailable
	case nethttp2.ErrCodeCancel:
		return codes.Canceled
	case nethttp2.ErrCodeEnhanceYourCalm, nethttp2.ErrCodeFlowControl:
		return codes.ResourceExhausted
	case nethttp2.ErrCodeInadequateSecurity:
		return codes.PermissionDenied
	}
	return codes.Internal
}
