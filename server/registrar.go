package server

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// grpcServices holds the methods of generated services and calls them over package http2. It
// implements reflection.GRPCServer.
type grpcServices struct {
	methods map[string]func(grpc.ServerStream) error // by path
	info    map[string]grpc.ServiceInfo
}

func newGRPCServices() *grpcServices {
	return &grpcServices{methods: map[string]func(grpc.ServerStream) error{}, info: map[string]grpc.ServiceInfo{}}
}

// RegisterService implements grpc.ServiceRegistrar.
func (g *grpcServices) RegisterService(d *grpc.ServiceDesc, impl any) {
	for _, m := range d.Methods {
		g.methods["/"+d.ServiceName+"/"+m.MethodName] = func(st grpc.ServerStream) error {
			reply, err := m.Handler(impl, st.Context(), st.RecvMsg, nil)
			if err != nil {
				return err
			}
			return st.SendMsg(reply)
		}
	}
	for _, m := range d.Streams {
		g.methods["/"+d.ServiceName+"/"+m.StreamName] = func(st grpc.ServerStream) error { return m.Handler(impl, st) }
	}
	g.info[d.ServiceName] = grpc.ServiceInfo{Metadata: d.Metadata}
}

// GetServiceInfo implements reflection.ServiceInfoProvider.
func (g *grpcServices) GetServiceInfo() map[string]grpc.ServiceInfo { return g.info }

// call runs a method to its end.
func (g *grpcServices) call(ctx context.Context, st *http2.Stream, method func(grpc.ServerStream) error) {
	md := metadata.MD{}
	for _, f := range st.Header() {
		md.Append(f.Name, f.Value)
	}
	s := &grpcServerStream{st: st, ctx: metadata.NewIncomingContext(ctx, md)}
	err := method(s)
	_ = s.SendHeader(nil)
	st.CloseWith(append(s.trailer, grpcTrailer(err)...))
}

// A grpcServerStream is a grpc.ServerStream over package http2.
type grpcServerStream struct {
	st         *http2.Stream
	ctx        context.Context
	header     http2.Header
	trailer    http2.Header
	headerSent bool
}

// SetHeader implements grpc.ServerStream.
func (s *grpcServerStream) SetHeader(md metadata.MD) error {
	s.header = appendMetadata(s.header, md)
	return nil
}

// SendHeader implements grpc.ServerStream.
func (s *grpcServerStream) SendHeader(md metadata.MD) error {
	if !s.headerSent {
		s.headerSent = true
		s.st.Respond(append(grpcHeader[:2:2], appendMetadata(s.header, md)...), framing.GRPCMessages{})
	}
	return nil
}

// SetTrailer implements grpc.ServerStream.
func (s *grpcServerStream) SetTrailer(md metadata.MD) { s.trailer = appendMetadata(s.trailer, md) }

// Context implements grpc.ServerStream.
func (s *grpcServerStream) Context() context.Context { return s.ctx }

// SendMsg implements grpc.ServerStream.
func (s *grpcServerStream) SendMsg(m any) error {
	data, err := framing.BenchCodec{}.Marshal(m)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	defer data.Free()
	_ = s.SendHeader(nil)
	if err := s.st.Send(data.Materialize()); err != nil {
		return status.Error(codes.Unavailable, "the call has ended")
	}
	return nil
}

// RecvMsg implements grpc.ServerStream.
func (s *grpcServerStream) RecvMsg(m any) error {
	p, err := s.st.Recv()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return grpcStatus(err).Err()
	}
	if err := (framing.BenchCodec{}).Unmarshal(mem.BufferSlice{mem.SliceBuffer(p)}, m); err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}

func appendMetadata(h http2.Header, md metadata.MD) http2.Header {
	for name, values := range md {
		for _, v := range values {
			h = append(h, http2.Header{{Name: name, Value: v}}...)
		}
	}
	return h
}
