package server

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"rtbench/proto"
	"rtbench/proto/benchpb"
	"rtbench/proto/framing"
	"rtbench/proto/streamingpb"
)

// serveGRPC serves the service of bench.proto with grpc-go, together with the guide's service, health
// checking and reflection.
func serveGRPC(s *Server, l net.Listener) (stop func()) {
	opts := []grpc.ServerOption{
		grpc.ForceServerCodecV2(framing.BenchCodec{}), grpc.MaxRecvMsgSize(2 * proto.MaxSize), grpc.MaxSendMsgSize(2 * proto.MaxSize),
		grpc.MaxHeaderListSize(uint32(min(s.cfg.MaxHeader, math.MaxUint32))), grpc.MaxConcurrentStreams(uint32(min(s.cfg.MaxStreams, math.MaxUint32))),
		grpc.ConnectionTimeout(s.cfg.HandshakeTimeout), grpc.StreamInterceptor(limitStreams(&streamCount{limit: int64(s.cfg.MaxStreams)})),
	}
	if s.tls != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(s.tls)))
	}
	server, ended := grpc.NewServer(opts...), make(chan struct{})
	shutdown := s.registerServices(server)
	go func() {
		defer close(ended)
		_ = server.Serve(l)
	}()
	return func() {
		shutdown()
		server.Stop()
		<-ended
	}
}

// registerServices registers all services of the server. shutdown ends the watches of
// health checks.
func (s *Server) registerServices(r reflection.GRPCServer) (shutdown func()) {
	checks := health.NewServer()
	r.RegisterService(&benchService, s)
	streamingpb.RegisterDataStreamServiceServer(r, s.guide.Service())
	healthpb.RegisterHealthServer(r, checks)
	for name := range r.GetServiceInfo() {
		checks.SetServingStatus(name, healthpb.HealthCheckResponse_SERVING)
	}
	reflection.Register(r)
	return checks.Shutdown
}

// limitStreams refuses streams beyond the limit.
func limitStreams(count *streamCount) grpc.StreamServerInterceptor {
	return func(srv any, st grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if !count.add() {
			return status.Error(codes.ResourceExhausted, count.limitReason())
		}
		defer count.done()
		return handler(srv, st)
	}
}

// benchService is the service of bench.proto over raw bytes: generated handlers require
// protobuf messages.
var benchService = grpc.ServiceDesc{
	ServiceName: benchpb.Bench_ServiceDesc.ServiceName,
	HandlerType: (*any)(nil),
	Metadata:    benchpb.Bench_ServiceDesc.Metadata,
	Streams: []grpc.StreamDesc{
		{StreamName: "Echo", Handler: serveBench, ServerStreams: true, ClientStreams: true},
		{StreamName: "Push", Handler: serveBench, ServerStreams: true},
		{StreamName: "Upload", Handler: serveBench, ClientStreams: true},
	},
}

func serveBench(srv any, st grpc.ServerStream) error {
	s, _ := srv.(*Server)
	call, err := s.callOf(st.Context())
	if err != nil {
		return err
	}
	receives := call.Pattern.Traffic().ClientSends
	if !receives { // the client sends one empty message
		if err := st.RecvMsg(&framing.BenchMessage{}); err != nil {
			return err
		}
	}
	// The client's Open waits for this header.
	if err := st.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	g := &grpcStream{st: st, receives: receives, closed: make(chan struct{})}
	if call.dropsAt() > 0 {
		g.dropped = make(chan struct{})
	}
	v := s.serve(call, g)
	if call.dropsAt() > 0 {
		return s.receiveUntilDropped(g, v)
	}
	proto.Receive(g, v)
	v.wait()
	return g.err
}

// callOf returns the call in the metadata. It must have the kind of the method.
func (s *Server) callOf(ctx context.Context) (request, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	method, _ := grpc.Method(ctx)
	return s.callFor(method, md.Get(proto.MetadataKey))
}

// callFor returns the call of a method in the values of its metadata.
func (s *Server) callFor(method string, values []string) (request, error) {
	if len(values) != 1 {
		return request{}, status.Errorf(codes.InvalidArgument, "metadata %s: found %d values; expected one call", proto.MetadataKey, len(values))
	}
	call, err := s.parseRequest(values[0])
	if errors.Is(err, errRefused) {
		return call, err
	}
	if err != nil {
		return call, status.Error(codes.InvalidArgument, err.Error())
	}
	if method != call.Pattern.Traffic().GRPCMethod() {
		return call, status.Errorf(codes.InvalidArgument, "call: pattern %s over method %s; expected %s", call.Pattern, method, call.Pattern.Traffic().GRPCMethod())
	}
	return call, nil
}

// A grpcStream is the server's end of one RPC.
type grpcStream struct {
	undriven
	st       grpc.ServerStream
	err      error // of Recv, unless io.EOF
	receives bool
	in, out  framing.BenchMessage
	closed   chan struct{}
	broken   atomic.Bool // by Close
	once     sync.Once
	dropped  chan struct{} // nil unless a fault may drop the stream
	sending  sync.Mutex    // the handler must not return during a Send
}

func (g *grpcStream) Send(p []byte) error {
	g.out.Payload = p
	return g.send(&g.out)
}

func (g *grpcStream) send(m any) error {
	g.sending.Lock()
	defer g.sending.Unlock()
	select {
	case <-g.closed:
		return io.ErrClosedPipe
	default:
		return g.st.SendMsg(m)
	}
}

// Recv implements proto.Conn. If the method receives no messages, it waits for the client
// to leave.
func (g *grpcStream) Recv() ([]byte, error) {
	if !g.receives {
		select {
		case <-g.st.Context().Done():
			g.err = g.st.Context().Err()
			return nil, g.err
		case <-g.closed:
			return nil, io.EOF
		}
	}
	if g.broken.Load() {
		return nil, g.breakOff()
	}
	if err := g.st.RecvMsg(&g.in); err != nil {
		if !errors.Is(err, io.EOF) {
			g.err = err
		}
		return nil, err
	}
	if g.broken.Load() {
		return nil, g.breakOff()
	}
	return g.in.Payload, nil
}

// breakOff returns the reason for the end of a stream that was closed, and makes it the status of the RPC: as the lean
// stack's RST_STREAM, it tells the client that the stream was canceled.
func (g *grpcStream) breakOff() error {
	g.err = status.Error(codes.Canceled, "the server closed the stream")
	return g.err
}

// CloseSend implements stream. The RPC ends when its handler returns.
func (g *grpcStream) CloseSend() error {
	g.once.Do(func() { close(g.closed) })
	return nil
}

func (g *grpcStream) CloseSent() error { return g.CloseSend() }

// Close implements stream. A blocked Send ends with the client or the server, and a blocked Recv with the client's
// next message: grpc-go ends an RPC only when its handler returns.
func (g *grpcStream) Close() error {
	g.broken.Store(true)
	return g.CloseSend()
}

func (g *grpcStream) kind() string { return "grpc" }

func (g *grpcStream) encodeShared(into *sharedMessage, p []byte) error {
	m := new(grpc.PreparedMsg)
	into.prepared = m
	return m.Encode(g.st, &framing.BenchMessage{Payload: p})
}

func (g *grpcStream) sendShared(p *sharedMessage) error { return g.send(p.prepared) }
