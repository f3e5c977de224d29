package guide

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	benchproto "rtbench/proto"
	"rtbench/proto/streamingpb"
)

// Service is the guide's DataStreamService. It refuses messages above the guide API's
// limit with ResourceExhausted, as grpc-go does for its own limit, which is the same for
// all services of a server.
type Service struct {
	streamingpb.UnimplementedDataStreamServiceServer
	limit int
}

// Service returns the DataStreamService.
func (g *Guide) Service() Service { return Service{limit: min(g.cfg.MaxMessage, benchproto.MaxSize)} }

// check refuses a message that is too long.
func (s Service) check(m proto.Message) error {
	if n := proto.Size(m); n > s.limit {
		return status.Errorf(codes.ResourceExhausted, "message is too long (found %d bytes); expected at most %d", n, s.limit)
	}
	return nil
}

// FetchData implements streamingpb.DataStreamServiceServer.
func (s Service) FetchData(r *streamingpb.DataRequest, st streamingpb.DataStreamService_FetchDataServer) error {
	if err := s.check(r); err != nil {
		return err
	}
	if r.GetLimit() < 0 {
		return status.Errorf(codes.InvalidArgument, "limit out of range (found %d); expected 0 or more", r.GetLimit())
	}
	for i := range r.GetLimit() {
		err := st.Send(&streamingpb.DataResponse{
			Id: fmt.Sprintf("item_%d", i), Content: fmt.Sprintf("Data item %d", i), Timestamp: time.Now().Unix(),
		})
		if err != nil {
			return ended(st.Context(), err)
		}
	}
	return nil
}

// UploadData implements streamingpb.DataStreamServiceServer. It counts chunks as records.
func (s Service) UploadData(st streamingpb.DataStreamService_UploadDataServer) error {
	var records int32
	for {
		r, err := st.Recv()
		if errors.Is(err, io.EOF) {
			return st.SendAndClose(&streamingpb.UploadResponse{Success: true, RecordsProcessed: records})
		}
		if err != nil {
			return ended(st.Context(), err)
		}
		if err := s.check(r); err != nil {
			return err
		}
		records++
	}
}

// ProcessStream implements streamingpb.DataStreamServiceServer.
func (s Service) ProcessStream(st streamingpb.DataStreamService_ProcessStreamServer) error {
	for {
		r, err := st.Recv()
		if errors.Is(err, io.EOF) {
			return st.Send(&streamingpb.ProcessResponse{Complete: true})
		}
		if err != nil {
			return ended(st.Context(), err)
		}
		if err := s.check(r); err != nil {
			return err
		}
		if err := st.Send(&streamingpb.ProcessResponse{Output: "Processed: " + r.GetInput()}); err != nil {
			return ended(st.Context(), err)
		}
	}
}

// ended returns Canceled if the client has gone, and err otherwise.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}
