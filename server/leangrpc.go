package server

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// leanGRPC serves the service of bench.proto with package http2, on the goroutine that
// receives for a connection, and the other services of serveGRPC on goroutines.
type leanGRPC struct {
	server   *Server
	services *grpcServices
	streams  streamCount
}

func serveLeanGRPC(s *Server, l net.Listener) (stop func()) {
	g := &leanGRPC{server: s, services: newGRPCServices(), streams: streamCount{limit: int64(s.cfg.MaxStreams)}}
	shutdown := s.registerServices(g.services)
	end := s.serveHTTP2(l, &http2.Server{MaxStreams: s.cfg.MaxStreams, Accept: g.accept, Body: g.refuse})
	return func() {
		shutdown()
		end()
	}
}

var grpcHeader = http2.Header{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/grpc"}}

// accept starts a call.
func (g *leanGRPC) accept(st *http2.Stream) {
	h := st.Header()
	if refusal(h) != 0 {
		st.Collect()
	} else if err := g.start(st, h); err != nil {
		endCall(st, err)
	}
}

// endCall ends the RPC of st unless it has ended. A nil error means success.
func endCall(st *http2.Stream, err error) {
	trailer := grpcTrailer(err)
	st.Reply(append(grpcHeader[:2:2], trailer...), nil) // unless the header is sent
	st.CloseWith(trailer)
}

// refuse answers a request that is not a call.
func (g *leanGRPC) refuse(st *http2.Stream, _ []byte, _ error) bool {
	st.Reply(http2.Header{{Name: ":status", Value: strconv.Itoa(refusal(st.Header()))}}, []byte("expected a gRPC call\n"))
	return true
}

// start starts a call, or returns the error that ends it.
func (g *leanGRPC) start(st *http2.Stream, h http2.Header) error {
	path := h.Get(":path")
	method := g.services.methods[path]
	if method == nil {
		return status.Error(codes.Unimplemented, "unknown method "+path)
	}
	if encoding := h.Get("grpc-encoding"); encoding != "" && encoding != "identity" {
		return status.Errorf(codes.Unimplemented, "compression %q is not supported", encoding)
	}
	bench := isBenchMethod(path)
	var call request
	if bench {
		var err error
		if call, err = g.server.callIn(path, h); err != nil {
			return err
		}
	}
	if !g.streams.add() {
		return status.Error(codes.ResourceExhausted, g.streams.limitReason())
	}
	deadline, _ := parseTimeout(h.Get("grpc-timeout"))
	if bench {
		g.exchange(st, call, deadline)
	} else {
		g.serveMethod(st, method, deadline)
	}
	return nil
}

// exchange starts the exchange of a call. deadline is 0 if it has none.
func (g *leanGRPC) exchange(st *http2.Stream, call request, deadline time.Duration) {
	c := &leanCall{http2Stream: newHTTP2Stream(st, call, framing.GRPC{}, "grpc"), service: g, call: call}
	if deadline > 0 {
		c.timer = time.AfterFunc(deadline, func() { endCall(st, context.DeadlineExceeded) })
	}
	if call.Pattern.Traffic().ClientSends {
		c.begin(framing.GRPC{})
	} else { // the client sends one empty message
		st.Handle(framing.GRPC{}, leanOpening{c})
	}
}

// serveMethod serves a method of generated code.
func (g *leanGRPC) serveMethod(st *http2.Stream, method func(grpc.ServerStream) error, deadline time.Duration) {
	ctx, cancel := st.Context(context.Background()), context.CancelFunc(func() {})
	if deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, deadline)
		context.AfterFunc(ctx, func() { endCall(st, ctx.Err()) }) // Recv does not observe ctx
	}
	st.Receive(framing.GRPCMessages{})
	g.server.workers.Go(func() {
		defer cancel()
		defer g.streams.done()
		g.services.call(ctx, st, method)
	})
}

// refusal returns the HTTP status for a request that is not a gRPC call, or 0 for a call.
func refusal(h http2.Header) int {
	_, timeoutOK := parseTimeout(h.Get("grpc-timeout"))
	switch {
	case h.Get(":method") != "POST":
		return 405
	case !strings.HasPrefix(h.Get("content-type"), "application/grpc"):
		return 415
	case !timeoutOK:
		return 400
	}
	return 0
}

// callIn returns the call in the header of a request for method.
func (s *Server) callIn(method string, h http2.Header) (request, error) {
	var calls []string
	for _, f := range h {
		if f.Name == proto.MetadataKey {
			calls = append(calls, f.Value)
		}
	}
	return s.callFor(method, calls)
}

func isBenchMethod(path string) bool {
	for _, t := range proto.Patterns {
		if t.GRPCMethod() == path {
			return true
		}
	}
	return false
}
