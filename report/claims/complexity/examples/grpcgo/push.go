// Package grpcgo is the minimal example over gRPC with grpc-go and generated code.
package grpcgo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rtbench/proto/streamingpb"
)

type pushServer struct {
	streamingpb.UnimplementedDataStreamServiceServer
}

// FetchData implements the generated interface.
func (pushServer) FetchData(_ *streamingpb.DataRequest, stream grpc.ServerStreamingServer[streamingpb.DataResponse]) error {
	for i := range 10 {
		if err := stream.Send(&streamingpb.DataResponse{Content: fmt.Sprintf("message %d", i)}); err != nil {
			return err
		}
	}
	return nil
}

// ServePush sends ten messages in each call.
func ServePush(l net.Listener) error {
	s := grpc.NewServer()
	streamingpb.RegisterDataStreamServiceServer(s, pushServer{})
	return s.Serve(l)
}

// ReadPush calls each for the messages of the server at address until the call ends.
func ReadPush(ctx context.Context, address string, each func([]byte)) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := streamingpb.NewDataStreamServiceClient(conn).FetchData(ctx, &streamingpb.DataRequest{})
	if err != nil {
		return err
	}
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each([]byte(response.GetContent()))
	}
}
