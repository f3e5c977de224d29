package grpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/reflection"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	grpcdriver "rtbench/loadgen/driver/grpc"
	"rtbench/loadgen/grpcschema"
	"rtbench/proto"
	"rtbench/proto/streamingpb"
	"rtbench/scenarios/template"
)

// An echoService echoes the text of each request, with generated code.
type echoService struct {
	streamingpb.UnimplementedDataStreamServiceServer
}

func (echoService) ProcessStream(st grpc.BidiStreamingServer[streamingpb.ProcessRequest, streamingpb.ProcessResponse]) error {
	for {
		in, err := st.Recv()
		if err != nil {
			return nil
		}
		if err := st.Send(&streamingpb.ProcessResponse{Output: in.Input}); err != nil {
			return err
		}
	}
}

func serveEchoService(t testing.TB) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	streamingpb.RegisterDataStreamServiceServer(s, echoService{})
	reflection.Register(s)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(l) }()
	t.Cleanup(func() { s.Stop(); <-ended })
	return l.Addr().String()
}

// An exchanger sends message n and receives its reply.
type exchanger func(n uint64) error

var filler = strings.Repeat("x", 80)

// generated exchanges messages with generated code.
func generated(t testing.TB, address string) func() exchanger {
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client := streamingpb.NewDataStreamServiceClient(conn)
	return func() exchanger {
		st, err := client.ProcessStream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return func(n uint64) error {
			id := strconv.FormatUint(n, 10)
			if err := st.Send(&streamingpb.ProcessRequest{Input: filler + id}); err != nil {
				return err
			}
			reply, err := st.Recv()
			if err == nil && reply.Output[len(filler):] != id {
				err = errors.New("another's reply")
			}
			return err
		}
	}
}

// custom exchanges messages with a method from server reflection and a template.
func custom(t testing.TB, address string) func() exchanger {
	target := drivertest.Target{Target: driver.Target{Address: address}, Endpoint: &driver.Endpoint{URL: &url.URL{Path: "/streaming.DataStreamService/ProcessStream"}}}
	conn, md, err := grpcdriver.Channel(t.Context(), target.Target, target.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	m, err := grpcschema.FromServer(t.Context(), conn, target.Endpoint.URL.Path, md)
	if err != nil {
		t.Fatal(err)
	}
	format, err := m.Compile(`{"input": "`+filler+`{{.RequestNumber}}"}`, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	path, err := template.ParsePath("output")
	if err != nil {
		t.Fatal(err)
	}
	field, err := m.Field(path)
	if err != nil {
		t.Fatal(err)
	}
	target.Endpoint.ClientStreams, target.Endpoint.ServerStreams = m.ClientStreams, m.ServerStreams
	d := drivertest.NewCustomDriver(t, "grpc", target)
	return func() exchanger {
		ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
		defer cancel()
		st, err := d.Open(ctx, proto.Call{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		find, v := field(), &template.Values{Rand: rand.NewPCG(1, 2)}
		var b []byte
		return func(n uint64) error {
			v.Number = n
			b = format.Append(b[:0], v)
			if err := st.Send(b); err != nil {
				return err
			}
			reply, err := st.Recv()
			if err != nil {
				return err
			}
			output, _ := find.Find(reply)
			if got, ok := template.ParseNumber(bytes.TrimPrefix(output, []byte(filler))); !ok || got != n {
				return errors.New("another's reply")
			}
			return nil
		}
	}
}

// Generated code and the custom driver exchange the same messages.
func TestGeneratedAndCustomAgree(t *testing.T) {
	t.Parallel()
	address := serveEchoService(t)
	for name, way := range map[string]func(testing.TB, string) func() exchanger{"generated": generated, "custom": custom} {
		exchange := way(t, address)()
		for n := range uint64(100) {
			if err := exchange(n); err != nil {
				t.Fatalf("%s: message %d: %v", name, n, err)
			}
		}
	}
}

// BenchmarkEcho compares generated code with the custom driver, in alternation, for an echo of 100 bytes.
func BenchmarkEcho(b *testing.B) {
	address := serveEchoService(b)
	for _, streams := range []int{1, 32} {
		for _, way := range []struct {
			name string
			make func(testing.TB, string) func() exchanger
		}{{"generated", generated}, {"custom", custom}} {
			b.Run(fmt.Sprintf("streams=%d/%s", streams, way.name), func(b *testing.B) {
				open := way.make(b, address)
				exchangers := make([]exchanger, streams)
				for i := range exchangers {
					exchangers[i] = open()
				}
				b.ReportAllocs()
				b.ResetTimer()
				var running sync.WaitGroup
				for i, exchange := range exchangers {
					running.Go(func() {
						for n := i; n < b.N; n += streams {
							if err := exchange(uint64(n)); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				running.Wait()
			})
		}
	}
}
