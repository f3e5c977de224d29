package grpcgo

import (
	"context"
	"errors"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rtbench/proto/streamingpb"
)

type echoServer struct {
	streamingpb.UnimplementedDataStreamServiceServer
}

// ProcessStream implements the generated interface.
func (echoServer) ProcessStream(stream grpc.BidiStreamingServer[streamingpb.ProcessRequest, streamingpb.ProcessResponse]) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&streamingpb.ProcessResponse{Output: request.GetInput()}); err != nil {
			return err
		}
	}
}

// ServeEcho returns each message to its sender.
func ServeEcho(l net.Listener) error {
	s := grpc.NewServer()
	streamingpb.RegisterDataStreamServiceServer(s, echoServer{})
	return s.Serve(l)
}

// CallEcho sends messages to the server at address, and calls each for the reply to each of them.
func CallEcho(ctx context.Context, address string, messages [][]byte, each func([]byte)) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := streamingpb.NewDataStreamServiceClient(conn).ProcessStream(ctx)
	if err != nil {
		return err
	}
	for _, message := range messages {
		if err := stream.Send(&streamingpb.ProcessRequest{Input: string(message)}); err != nil {
			return err
		}
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		each([]byte(response.GetOutput()))
	}
	return stream.CloseSend()
}
