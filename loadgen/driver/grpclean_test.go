package driver_test

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
	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/server"
)

// How an Open or a stream of a gRPC driver ends, as it is counted.
func ending(t *testing.T, protocol, address string) string {
	t.Helper()
	d, err := driver.New(protocol, driver.Target{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	st, err := d.Open(ctx, proto.Call{Pattern: proto.Echo})
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

// serveUnknown serves every method with h.
func serveUnknown(t *testing.T, h grpc.StreamHandler) (address string) {
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

// However an RPC ends, both gRPC drivers say the same of it.
func TestGRPCDriversAgree(t *testing.T) {
	same := func(name, address string) {
		t.Helper()
		want, got := ending(t, "grpc", address), ending(t, "grpc-lean", address)
		if got != want {
			t.Errorf("%s: grpc-lean says %q, grpc %q", name, got, want)
		}
	}
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		reason := status.Error(code, "50 % of wörds\n")
		same(code.String()+" at once", serveUnknown(t, func(any, grpc.ServerStream) error { return reason }))
		same(code.String()+" after the header", serveUnknown(t, func(_ any, st grpc.ServerStream) error {
			_ = st.SendHeader(metadata.MD{})
			return reason
		}))
		same(code.String()+" after messages", serveUnknown(t, func(_ any, st grpc.ServerStream) error {
			for range 3 {
				_ = st.SendMsg(&framing.BenchMessage{Payload: []byte("x")})
			}
			return reason
		}))
	}
	for _, n := range []int{200, 400, 401, 403, 404, 429, 500, 502, 503, 504} {
		same(fmt.Sprint("HTTP ", n), ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(n)
		}))
	}
	same("no status", ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
	}))
	same("a reset", ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
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

// ServeHTTP2 serves h with net/http, in cleartext.
func ServeHTTP2(t *testing.T, h http.HandlerFunc) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &protocols}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() { _ = s.Close(); <-ended })
	return l.Addr().String()
}

func TestRefusalHasTheServersWords(t *testing.T) {
	address := serveUnknown(t, func(any, grpc.ServerStream) error {
		return status.Error(codes.InvalidArgument, "50 % of wörds\nare wrong")
	})
	d, err := driver.New("grpc-lean", driver.Target{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err = d.Open(context.Background(), proto.Call{Pattern: proto.Echo})
	if !errors.Is(err, driver.ErrRefused) || !strings.HasSuffix(fmt.Sprint(err), "50 % of wörds\nare wrong") {
		t.Errorf("Open: %v", err)
	}
}

// The drivers over our HTTP/2 connect anew when the connection has gone.
func TestHTTP2ConnectsAnew(t *testing.T) {
	for _, protocol := range []string{"grpc-lean", "sse-h2"} {
		s := StartServer(t, server.Config{})
		var conns []net.Conn
		d, err := driver.New(protocol, driver.Target{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, s.Info().Addresses[protocol])
			conns = append(conns, nc)
			return nc, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 2 {
			CheckEcho(t, Open(t, d, proto.Call{Pattern: proto.Echo}), []byte("there"))
		}
		if len(conns) != 1 {
			t.Fatalf("%s: %d connections for two streams", protocol, len(conns))
		}
		st := Open(t, d, proto.Call{Pattern: proto.Echo})
		_ = conns[0].Close()
		if err := Bounded(t, "Recv", func() error { _, err := st.Recv(); return err }); err == nil || errors.Is(err, io.EOF) {
			t.Fatalf("%s: Recv on a connection that has gone: %v", protocol, err)
		}
		CheckEcho(t, Open(t, d, proto.Call{Pattern: proto.Echo}), []byte("there again"))
		_ = d.Close()
		if _, err := d.Open(context.Background(), proto.Call{Pattern: proto.Echo}); err == nil {
			t.Fatalf("%s: Open after Close", protocol)
		}
	}
}

// A loop needs the bare connection: with TLS the stream is as it was.
func TestHTTP2CannotBeDrivenWithTLS(t *testing.T) {
	l := NewLoop(t)
	s := StartServer(t, server.Config{TLS: true})
	for _, protocol := range []string{"grpc-lean", "sse-h2"} {
		st := Open(t, DialBlocking(t, s, protocol), proto.Call{Pattern: proto.Echo})
		if err := st.(driver.EventDriven).Drive(l, nil); !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("%s: Drive with TLS: %v", protocol, err)
		}
		CheckEcho(t, st, []byte("by a goroutine"))
	}
}

// What a POST is answered with is the error of Send.
func TestPostThatIsRefused(t *testing.T) {
	address := ServeHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Error(w, "first line\nno such session", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	d, err := driver.New("sse-h2", driver.Target{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	st := Open(t, d, proto.Call{Pattern: proto.Echo})
	for range 2 {
		err := Bounded(t, "Send", func() error { return st.Send([]byte("x")) })
		if want := "the POST of a message was answered with HTTP status 404: no such session"; fmt.Sprint(err) != want {
			t.Fatalf("Send: %v, want %s", err, want)
		}
	}
}
