package server

import (
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto/framing"
)

// A leanCall is the server's end of one RPC.
type leanCall struct {
	http2Stream
	service *leanGRPC
	call    request
	timer   *time.Timer // of the call's deadline; nil if it has none
	failed  error       // why the client's messages ended, unless cleanly
}

// begin starts the exchange. in frames the client's messages, if it sends any.
func (c *leanCall) begin(in framing.Framing) {
	s := c.service.server
	c.Respond(grpcHeader, framing.GRPC{}) // the client's Open waits for this header
	v := s.serve(c.call, c)
	s.handleHTTP2(c.Stream, c.call, in, leanHandler{v, c}, v.wait)
}

// CloseSend implements stream. It ends the RPC.
func (c *leanCall) CloseSend() error {
	c.CloseWith(grpcTrailer(c.failed))
	return nil
}

// A leanHandler is the handler of a call's exchange.
type leanHandler struct {
	*exchange
	call *leanCall
}

func (h leanHandler) Ended(err error) {
	if !errors.Is(err, io.EOF) {
		h.call.failed = err
	}
	h.exchange.Ended(err)
	h.call.done()
}

// done frees the call's place among the streams.
func (c *leanCall) done() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.service.streams.done()
}

// A leanOpening awaits the message of a server-streaming call.
type leanOpening struct{ *leanCall }

func (o leanOpening) Message([]byte, int64) { o.begin(nil) }

func (o leanOpening) Ended(err error) {
	if errors.Is(err, io.EOF) {
		err = status.Error(codes.Internal, "the request has no message")
	}
	o.failed = err
	_ = o.CloseSend()
	o.done()
}
