package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"rtbench/proto/streamingpb"
	"rtbench/server"
)

func TestGuideDataStreamService(t *testing.T) { onStacks(t, guideDataStreamService) }

func guideDataStreamService(t *testing.T, stack string) {
	s := start(t, server.Config{Stack: stack})
	channel, err := grpc.NewClient(s.Info().Addresses["grpc"], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer channel.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := streamingpb.NewDataStreamServiceClient(channel)

	fetched, err := c.FetchData(ctx, &streamingpb.DataRequest{Query: "q", Limit: 3})
	for i := range 3 {
		var r *streamingpb.DataResponse
		if err == nil {
			r, err = fetched.Recv()
		}
		if err != nil || r.GetId() != fmt.Sprintf("item_%d", i) || r.GetContent() != fmt.Sprintf("Data item %d", i) || r.GetTimestamp() == 0 {
			t.Fatalf("item %d is %v, %v", i, r, err)
		}
	}
	if r, err := fetched.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v, %v", r, err)
	}
	fetched, err = c.FetchData(ctx, &streamingpb.DataRequest{Limit: -1})
	if err == nil {
		_, err = fetched.Recv()
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("a limit of -1: %v", err)
	}

	up, err := c.UploadData(ctx)
	for i := 0; i < 5 && err == nil; i++ {
		err = up.Send(&streamingpb.UploadRequest{Data: bytes.Repeat([]byte{byte(i)}, 10_000), Filename: "f"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if r, err := up.CloseAndRecv(); err != nil || !r.GetSuccess() || r.GetRecordsProcessed() != 5 {
		t.Errorf("upload: %v, %v", r, err)
	}

	both, err := c.ProcessStream(ctx)
	for _, in := range []string{"a", "", "b"} {
		if err == nil {
			err = both.Send(&streamingpb.ProcessRequest{Input: in})
		}
		if r, e := both.Recv(); e != nil || err != nil || r.GetComplete() || !strings.HasSuffix(r.GetOutput(), in) {
			t.Fatalf("%q is processed to %v, %v %v", in, r, err, e)
		}
	}
	_ = both.CloseSend()
	if r, err := both.Recv(); err != nil || !r.GetComplete() || r.GetOutput() != "" {
		t.Errorf("the last response is %v, %v", r, err)
	}
	if r, err := both.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v, %v", r, err)
	}

	for _, name := range []string{"", "streaming.DataStreamService"} {
		h, err := healthpb.NewHealthClient(channel).Check(ctx, &healthpb.HealthCheckRequest{Service: name})
		if err != nil || h.GetStatus() != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", name, h, err)
		}
	}
	info, err := reflectionpb.NewServerReflectionClient(channel).ServerReflectionInfo(ctx)
	if err == nil {
		err = info.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
	}
	if err != nil {
		t.Fatal(err)
	}
	listed, err := info.Recv()
	if err != nil || !strings.Contains(listed.String(), "streaming.DataStreamService") {
		t.Errorf("reflection: %v, %v", listed, err)
	}
	_ = info.CloseSend()
}
