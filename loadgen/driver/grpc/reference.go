// Package grpc makes gRPC calls, over grpc-go or over rtbench's own HTTP/2 client (lean).
package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// reference calls reference servers over a channel of grpc-go, which has one connection.
type reference struct {
	*limitTap
	channel *grpc.ClientConn
	err     error // of newChannel; returned by Open
}

// New returns a driver for reference servers, over grpc-go.
func New(t driver.Target) driver.Driver {
	tap := new(limitTap)
	channel, err := newChannel(t, tap, grpc.ForceCodecV2(framing.BenchCodec{}))
	return &reference{limitTap: tap, channel: channel, err: err}
}

// newChannel returns a channel of grpc-go. It does not connect yet.
func newChannel(t driver.Target, tap *limitTap, options ...grpc.CallOption) (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if t.TLS != nil {
		creds = credentials.NewTLS(t.TLSConfig("h2"))
	}
	return grpc.NewClient("passthrough:///"+t.Address,
		grpc.WithTransportCredentials(tap.wrap(creds)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return t.DialTCP(ctx) }),
		grpc.WithDefaultCallOptions(append(options,
			grpc.MaxCallRecvMsgSize(2*proto.MaxSize), grpc.MaxCallSendMsgSize(2*proto.MaxSize))...),
	)
}

func (d *reference) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	if d.err != nil {
		return nil, d.err
	}
	traffic := e.Call.Pattern.Traffic()
	desc := &grpc.StreamDesc{ClientStreams: traffic.ClientSends, ServerStreams: traffic.ServerSends}
	rpc, cancel := context.WithCancel(metadata.AppendToOutgoingContext(context.Background(), proto.MetadataKey, e.Call.Encode()))
	stop := context.AfterFunc(ctx, cancel)
	st, err := d.start(rpc, desc, traffic.GRPCMethod())
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &driver.Stream{Conn: &referenceStream{st: st, cancel: cancel, single: !desc.ServerStreams}, StreamLimit: d.StreamLimit()}, nil
}

// start starts the call and waits for the response header.
func (d *reference) start(ctx context.Context, desc *grpc.StreamDesc, name string) (grpc.ClientStream, error) {
	st, err := d.channel.NewStream(ctx, desc, name)
	if err != nil {
		return nil, err
	}
	if !desc.ClientStreams {
		if err := st.SendMsg(&framing.BenchMessage{}); err != nil {
			return nil, err
		}
		if err := st.CloseSend(); err != nil {
			return nil, err
		}
	}
	header, err := st.Header()
	if err != nil || header != nil {
		return st, err
	}
	// The call ended without a header: its status has the reason.
	return nil, asRefused(st.RecvMsg(&framing.BenchMessage{}))
}

// asRefused wraps the error of a call without response header in driver.ErrRefused if its status is a
// refusal.
func asRefused(err error) error {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.Unimplemented, codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("%w: %s", driver.ErrRefused, status.Convert(err).Message())
	}
	return err
}

func (d *reference) Close() error {
	if d.err != nil {
		return nil
	}
	return d.channel.Close()
}

type referenceStream struct {
	st       grpc.ClientStream
	cancel   context.CancelFunc
	in, out  framing.BenchMessage
	single   bool // the server sends one message
	answered bool
}

// Send implements proto.Conn. The codec copies p.
func (g *referenceStream) Send(p []byte) error {
	g.out.Payload = p
	err := g.st.SendMsg(&g.out)
	if errors.Is(err, io.EOF) {
		return driver.ErrEnded
	}
	return err
}

func (g *referenceStream) Recv() ([]byte, error) {
	if g.single && g.answered {
		return nil, io.EOF
	}
	if err := g.st.RecvMsg(&g.in); err != nil {
		return nil, err
	}
	g.answered = true
	return g.in.Payload, nil
}

func (g *referenceStream) CloseSend() error { return g.st.CloseSend() }

func (g *referenceStream) Close() error {
	g.cancel()
	return nil
}
