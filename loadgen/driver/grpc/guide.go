package grpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/proto"
	"rtbench/proto/streamingpb"
)

// guide calls the guide's DataStreamService with grpc-go and code generated from its proto file:
// ProcessStream for Echo, and one call of UploadData per message, in chunks, for Upload.
type guide struct {
	*limitTap
	target  driver.Target
	channel *grpc.ClientConn
	client  streamingpb.DataStreamServiceClient
	err     error // of newChannel; returned by Open
}

// NewGuide returns a driver for the guide's API.
func NewGuide(t driver.Target) driver.Driver {
	tap := new(limitTap)
	channel, err := newChannel(t, tap)
	return &guide{tap, t, channel, streamingpb.NewDataStreamServiceClient(channel), err}
}

func (d *guide) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	if d.err != nil {
		return nil, d.err
	}
	rpc, cancel := context.WithCancel(context.Background())
	switch c := e.Call; c.Pattern {
	case proto.Echo:
		stop := context.AfterFunc(ctx, cancel)
		st, err := d.client.ProcessStream(rpc)
		if !stop() && ctx.Err() != nil {
			err = ctx.Err()
		}
		if err != nil {
			cancel()
			return nil, asRefused(err)
		}
		return &driver.Stream{Conn: &processStream{target: d.target, st: st, cancel: cancel, size: c.Size}, StreamLimit: d.StreamLimit()}, nil
	case proto.Upload:
		return &driver.Stream{SendWaits: true, Conn: &uploadStream{
			client: d.client, rpc: rpc, cancel: cancel, name: fmt.Sprintf("rtbench-%d", c.Share),
			pending: make(chan upload, 1), free: make(chan []byte, 4),
		}}, nil
	}
	cancel()
	return nil, guideapi.Unsupported("grpc", e.Call.Pattern)
}

func (d *guide) Close() error {
	if d.err != nil {
		return nil
	}
	return d.channel.Close()
}

// A processStream is a call of ProcessStream. Outputs must end with the input: the guide prepends
// "Processed: ".
type processStream struct {
	target driver.Target
	st     streamingpb.DataStreamService_ProcessStreamClient
	cancel context.CancelFunc
	size   int
	out    streamingpb.ProcessRequest
	in     streamingpb.ProcessResponse
	buf    []byte
}

func (s *processStream) Send(p []byte) error {
	s.out.Input = string(p)
	err := s.st.SendMsg(&s.out)
	if errors.Is(err, io.EOF) {
		return driver.ErrEnded
	}
	return err
}

func (s *processStream) Recv() ([]byte, error) {
	for {
		if err := s.st.RecvMsg(&s.in); err != nil {
			return nil, err
		}
		if s.in.GetComplete() {
			return nil, io.EOF
		}
		output := s.in.GetOutput()
		s.buf = append(s.buf[:0], output[max(0, len(output)-s.size):]...)
		if guideapi.IsMeasured(s.buf) {
			return s.buf, nil
		}
		s.target.ReportUnmatched([]byte(output))
	}
}

func (s *processStream) CloseSend() error { return s.st.CloseSend() }

func (s *processStream) Close() error {
	s.cancel()
	return nil
}
