package guide

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/proto/streamingpb"
)

// Service is the guide's DataStreamService. The messages it takes are bounded by the
// gRPC server that it is registered with.
type Service struct {
	streamingpb.UnimplementedDataStreamServiceServer
}

// FetchData implements streamingpb.DataStreamServiceServer.
func (Service) FetchData(r *streamingpb.DataRequest, st streamingpb.DataStreamService_FetchDataServer) error {
	if r.GetLimit() < 0 {
		return status.Errorf(codes.InvalidArgument, "limit is %d, expected 0 or more", r.GetLimit())
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

// UploadData implements streamingpb.DataStreamServiceServer: each chunk is a record.
func (Service) UploadData(st streamingpb.DataStreamService_UploadDataServer) error {
	var records int32
	for {
		_, err := st.Recv()
		if errors.Is(err, io.EOF) {
			return st.SendAndClose(&streamingpb.UploadResponse{Success: true, RecordsProcessed: records})
		}
		if err != nil {
			return ended(st.Context(), err)
		}
		records++
	}
}

// ProcessStream implements streamingpb.DataStreamServiceServer.
func (Service) ProcessStream(st streamingpb.DataStreamService_ProcessStreamServer) error {
	for {
		r, err := st.Recv()
		if errors.Is(err, io.EOF) {
			return st.Send(&streamingpb.ProcessResponse{Complete: true})
		}
		if err != nil {
			return ended(st.Context(), err)
		}
		if err := st.Send(&streamingpb.ProcessResponse{Output: "Processed: " + r.GetInput()}); err != nil {
			return ended(st.Context(), err)
		}
	}
}

// ended says Canceled of a client that has gone, and else what went wrong.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}
