package server

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"sync"

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

// grpcService serves the neutral service of bench.proto with grpc-go, and beside it the
// guide's, health checking and reflection.
type grpcService struct {
	server *Server
	grpc   *grpc.Server
	health *health.Server
	ended  chan struct{}
}

func serveGRPC(s *Server, l net.Listener) service {
	opts := []grpc.ServerOption{
		grpc.ForceServerCodecV2(framing.BenchCodec{}), grpc.MaxRecvMsgSize(2 * proto.MaxSize), grpc.MaxSendMsgSize(2 * proto.MaxSize),
		grpc.MaxHeaderListSize(uint32(min(s.limits.header, math.MaxUint32))), grpc.MaxConcurrentStreams(uint32(min(s.limits.streams, math.MaxUint32))),
		grpc.ConnectionTimeout(s.limits.handshake), grpc.StreamInterceptor(refuseBeyond(&streamCount{limit: int64(s.limits.streams)})),
	}
	if s.tls != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(s.tls)))
	}
	sv := &grpcService{server: s, grpc: grpc.NewServer(opts...), health: health.NewServer(), ended: make(chan struct{})}
	sv.grpc.RegisterService(&benchService, sv)
	streamingpb.RegisterDataStreamServiceServer(sv.grpc, s.guide.Service())
	healthpb.RegisterHealthServer(sv.grpc, sv.health)
	for name := range sv.grpc.GetServiceInfo() {
		sv.health.SetServingStatus(name, healthpb.HealthCheckResponse_SERVING)
	}
	reflection.Register(sv.grpc)
	go func() {
		defer close(sv.ended)
		_ = sv.grpc.Serve(s.limited(l))
	}()
	return sv
}

// refuseBeyond refuses streams beyond a limit.
func refuseBeyond(count *streamCount) grpc.StreamServerInterceptor {
	return func(srv any, st grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		if !count.add() {
			return status.Error(codes.ResourceExhausted, count.limitReason())
		}
		defer count.done()
		return handler(srv, st)
	}
}

func (sv *grpcService) stop() {
	sv.health.Shutdown()
	sv.grpc.Stop()
	<-sv.ended
}

// benchService is the service of bench.proto, its methods over bytes: the generated
// handlers are tied to protobuf's messages.
var benchService = grpc.ServiceDesc{
	ServiceName: benchpb.Bench_ServiceDesc.ServiceName,
	HandlerType: (*any)(nil),
	Metadata:    benchpb.Bench_ServiceDesc.Metadata,
	Streams: []grpc.StreamDesc{
		{StreamName: "Echo", Handler: method(proto.Echo, true), ServerStreams: true, ClientStreams: true},
		{StreamName: "Upload", Handler: method(proto.Upload, true), ClientStreams: true},
		{StreamName: "Push", Handler: method(proto.Push, false), ServerStreams: true},
		{StreamName: "Subscribe", Handler: method(proto.Fanout, false), ServerStreams: true},
	},
}

// method serves one pattern. Where the client only listens, its one message is empty.
func method(pattern proto.Pattern, receives bool) grpc.StreamHandler {
	return func(srv any, st grpc.ServerStream) error {
		if !receives {
			if err := st.RecvMsg(&framing.BenchMessage{}); err != nil {
				return err
			}
		}
		sv, _ := srv.(*grpcService)
		return sv.serve(st, pattern, receives)
	}
}

func (sv *grpcService) serve(st grpc.ServerStream, pattern proto.Pattern, receives bool) error {
	call, err := sv.callOf(st.Context())
	if err == nil && call.Pattern != pattern {
		err = status.Errorf(codes.InvalidArgument, "the call's pattern is %s, this method serves %s", call.Pattern, pattern)
	}
	if err != nil {
		return err
	}
	// The client's Open waits for this header: the call was understood.
	if err := st.SendHeader(metadata.MD{}); err != nil {
		return err
	}
	g := &grpcStream{st: st, receives: receives, closed: make(chan struct{})}
	v := sv.server.serve(call, g)
	proto.Receive(g, v)
	v.wait()
	return g.err
}

func (sv *grpcService) callOf(ctx context.Context) (request, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get(proto.MetadataKey)
	if len(values) != 1 {
		return request{}, status.Errorf(codes.InvalidArgument, "metadata %s must hold one call", proto.MetadataKey)
	}
	call, err := sv.server.parseRequest(values[0])
	if err != nil {
		return call, status.Error(codes.InvalidArgument, err.Error())
	}
	return call, nil
}

// A grpcStream is the server's end of one RPC.
type grpcStream struct {
	undriven
	st       grpc.ServerStream
	err      error // of receiving, when it was no end
	receives bool
	in, out  framing.BenchMessage
	closed   chan struct{}
	once     sync.Once
	sending  sync.Mutex // the handler must not return while a Send is under way
}

// Send implements proto.Conn.
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

// Recv implements proto.Conn. Where the method takes no messages it waits for
// the client to leave.
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
	if err := g.st.RecvMsg(&g.in); err != nil {
		if !errors.Is(err, io.EOF) {
			g.err = err
		}
		return nil, err
	}
	return g.in.Payload, nil
}

// CloseSend implements stream: the RPC itself ends when the handler returns.
func (g *grpcStream) CloseSend() error {
	g.once.Do(func() { close(g.closed) })
	return nil
}

// CloseSent implements stream.
func (g *grpcStream) CloseSent() error { return g.Close() }

// Close implements stream. A Send under way ends when the client goes, or with the
// server.
func (g *grpcStream) Close() error { return g.CloseSend() }

func (g *grpcStream) kind() string { return "grpc" }

func (g *grpcStream) encodeShared(into *sharedMessage, p []byte) error {
	m := new(grpc.PreparedMsg)
	into.prepared = m
	return m.Encode(g.st, &framing.BenchMessage{Payload: p})
}

func (g *grpcStream) sendShared(p *sharedMessage) error { return g.send(p.prepared) }
