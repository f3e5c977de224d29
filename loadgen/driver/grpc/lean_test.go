package grpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// outcome describes the end of an Open or a stream, as it is counted.
func outcome(t *testing.T, stack, address string) string {
	t.Helper()
	d, err := drivers.New("grpc", stack, driver.Target{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(context.Background(), drivertest.Timeout)
	defer cancel()
	st, err := d.Open(ctx, drivers.Reference("grpc", proto.Stock, address, false, proto.Call{Pattern: proto.Echo}))
	if err != nil {
		return fmt.Sprintf("open: %s, refused %v", driver.Class(err), errors.Is(err, driver.ErrRefused))
	}
	defer st.Close()
	received := 0
	for {
		if _, err = st.Recv(); err != nil {
			break
		}
		received++
	}
	sent := st.Send([]byte("late"))
	return fmt.Sprintf("%d received, %s, in order %v; then Send: %v", received, driver.Class(err), errors.Is(err, io.EOF), sent)
}

// serveAny serves every method with h.
func serveAny(t *testing.T, h grpc.StreamHandler) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.UnknownServiceHandler(h), grpc.ForceServerCodecV2(framing.BenchCodec{}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() { s.Stop(); <-ended })
	return l.Addr().String()
}

// Both gRPC drivers report the same outcome for each way to end a call.
func TestLeanAgreesWithGRPCGo(t *testing.T) {
	same := func(name, address string) {
		t.Helper()
		want, got := outcome(t, proto.Stock, address), outcome(t, proto.Lean, address)
		if got != want {
			t.Errorf("%s: lean reports %q, stock %q", name, got, want)
		}
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		reason := status.Error(code, "50 % of wörds\n")
		same(code.String()+" at once", serveAny(t, func(any, grpc.ServerStream) error { return reason }))
		same(code.String()+" after the header", serveAny(t, func(_ any, st grpc.ServerStream) error {
			_ = st.SendHeader(metadata.MD{})
			return reason
		}))
		same(code.String()+" after messages", serveAny(t, func(_ any, st grpc.ServerStream) error {
			for range 3 {
				_ = st.SendMsg(&framing.BenchMessage{Payload: []byte("x")})
			}
			return reason
		}))
	}
	for _, n := range []int{200, 400, 401, 403, 404, 429, 500, 502, 503, 504} {
		same(fmt.Sprint("HTTP ", n), drivertest.ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(n)
		}))
	}
	same("no status", drivertest.ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
	}))
	same("a reset", drivertest.ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc+proto")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	same("nobody there", l.Addr().String())
}

func TestRefusalKeepsServerMessage(t *testing.T) {
	address := serveAny(t, func(any, grpc.ServerStream) error {
		return status.Error(codes.InvalidArgument, "50 % of wörds\nare wrong")
	})
	d, err := drivers.New("grpc", proto.Lean, driver.Target{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err = d.Open(context.Background(), drivers.Reference("grpc", proto.Stock, address, false, proto.Call{Pattern: proto.Echo}))
	if !errors.Is(err, driver.ErrRefused) || !strings.HasSuffix(fmt.Sprint(err), "50 % of wörds\nare wrong") {
		t.Errorf("Open: %v", err)
	}
}
