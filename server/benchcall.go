package server

import (
	"errors"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto/framing"
)

// A leanCall is an RPC to the service of bench.proto.
type leanCall struct {
	http2Stream
	service *leanGRPC
	call    request
	timer   *time.Timer // of the deadline; nil if there is none
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
	endCall(c.Stream, nil)
	return nil
}

// A leanHandler is the handler of a call's exchange.
type leanHandler struct {
	*exchange
	call *leanCall
}

func (h leanHandler) Ended(err error) {
	if !errors.Is(err, io.EOF) {
		endCall(h.call.Stream, err)
	}
	h.exchange.Ended(err)
	h.call.done()
}

// done stops the timer and no longer counts the call as a stream.
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
	endCall(o.Stream, err)
	o.done()
}
