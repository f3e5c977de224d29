package grpc_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	"rtbench/internal/testserver/loopback"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// New streams and unary streams find a restarted server.
func TestReconnect(t *testing.T) { bothClients(t, testReconnect) }

func testReconnect(t *testing.T, over client) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	start := func(l net.Listener) (stop func()) {
		s := grpc.NewServer(grpc.ForceServerCodecV2(framing.BenchCodec{}), grpc.UnknownServiceHandler(func(_ any, st grpc.ServerStream) error {
			name, _ := grpc.MethodFromServerStream(st)
			return answerTest(name[len("/test.Test/"):], new(seenCalls), st)
		}))
		ended := make(chan struct{})
		go func() { defer close(ended); _ = s.Serve(l) }()
		return func() { s.Stop(); <-ended }
	}
	stop := start(l)
	d := over.custom(t, address, "Talk", nil)
	calls := over.custom(t, address, "Unary", nil)
	st, unary := drivertest.Open(t, d, proto.Call{}), drivertest.Open(t, calls, proto.Call{})
	for _, st := range []*driver.Stream{st, unary} {
		if err := st.Send(payload("x")); err != nil {
			t.Fatal(err)
		}
		wantReply(t, st, "x")
	}
	stop()
	if err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err }); err == nil || !strings.HasPrefix(driver.Class(err), "gRPC Unavailable") {
		t.Errorf("Recv from a stopped server: %v of class %s", err, codeOf(err))
	}
	_ = st.Close()
	if err := unary.Send(payload("x")); !errors.Is(err, driver.ErrMessageFailed) {
		t.Errorf("Send to a stopped server: %v", err)
	}
	for range 3 {
		wantUnavailable(t, d)
		wantUnavailable(t, calls) // has a stream that survives
	}
	if l, err = net.Listen("tcp", address); err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	defer start(l)()
	st = drivertest.Open(t, d, proto.Call{})
	if err := st.Send(payload("again")); err != nil {
		t.Fatal(err)
	}
	wantReply(t, st, "again")
	for began := time.Now(); ; {
		err := unary.Send(payload("and again"))
		if err == nil {
			break
		}
		if !errors.Is(err, driver.ErrMessageFailed) || time.Since(began) > drivertest.Timeout {
			t.Fatalf("Send to a restarted server: %v", err)
		}
	}
	wantReply(t, unary, "and again")
	_ = d.Close()
	if _, err := d.Open(t.Context(), proto.Call{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Open after Close: %v", err)
	}
}

// wantUnavailable opens streams until the driver notices the end of the connection.
func wantUnavailable(t *testing.T, d *drivertest.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
	defer cancel()
	for {
		st, err := d.Open(ctx, proto.Call{})
		if err == nil {
			_ = st.Close()
			continue
		}
		if codeOf(err) != "gRPC Unavailable: connection refused" {
			t.Errorf("Open of a stopped server: %v of class %s", err, codeOf(err))
		}
		return
	}
}

// While a server shuts down, its streams continue, even if new ones fail.
func TestGoAway(t *testing.T) { bothClients(t, testGoAway) }

func testGoAway(t *testing.T, over client) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.ForceServerCodecV2(framing.BenchCodec{}), grpc.UnknownServiceHandler(func(_ any, st grpc.ServerStream) error {
		return answerTest("Talk", new(seenCalls), st)
	}))
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Serve(l) }()
	d := over.custom(t, l.Addr().String(), "Talk", nil)
	st := drivertest.Open(t, d, proto.Call{})
	echo := func(text string) {
		t.Helper()
		if err := st.Send(payload(text)); err != nil {
			t.Fatal(err)
		}
		wantReply(t, st, text)
	}
	echo("before")
	gone := make(chan struct{})
	go func() { defer close(gone); s.GracefulStop() }()
	t.Cleanup(func() { s.Stop(); <-gone; <-served })
	for refusals, began := 0, time.Now(); refusals < 3; {
		if time.Since(began) > drivertest.Timeout {
			t.Fatal("a closing server accepts streams")
		}
		ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
		other, err := d.Open(ctx, proto.Call{})
		cancel()
		if err == nil {
			_ = other.Close() // the client has not noticed yet
			continue
		}
		if got := codeOf(err); got != "gRPC Unavailable: connection refused" && got != "HTTP/2 GOAWAY" {
			t.Fatalf("Open: %v of class %s", err, got)
		}
		refusals++
		echo("meanwhile")
	}
	if err := st.CloseSend(); err != nil {
		t.Fatal(err)
	}
	drivertest.RecvEOF(t, st)
}

// A message whose deadline passes while the client connects is not sent, and the next one finds the
// connection.
func TestConnectingOutlivesDeadline(t *testing.T) { bothClients(t, testConnectingOutlivesDeadline) }

func testConnectingOutlivesDeadline(t *testing.T, over client) {
	var connections atomic.Int64
	cut, release := make(chan struct{}), make(chan struct{})
	address := loopback.Serve(t, func(nc net.Conn) {
		if connections.Add(1) == 1 {
			defer context.AfterFunc(closedBy(t, cut), func() { _ = nc.Close() })()
		} else {
			<-closedBy(t, release).Done()
		}
		answerFrames(nc, replies()["good"].write)
	})
	st := drivertest.Open(t, over.custom(t, address, "Unary", func(t *drivertest.Target) { t.Endpoint.Deadline = 50 * time.Millisecond }), proto.Call{})
	sendUntil := func(what string, done func(error) bool) {
		t.Helper()
		_ = drivertest.Bounded(t, what, func() error {
			for {
				err := st.Send(payload("x"))
				if err == nil {
					_, _ = st.Recv()
				}
				if done(err) {
					return nil
				}
			}
		})
	}
	succeeds := func(err error) bool { return err == nil }
	sendUntil("the first reply", succeeds)
	close(cut)
	sendUntil("the deadline", func(err error) bool {
		return errors.Is(err, driver.ErrNotSent) && driver.Class(err) == "gRPC DeadlineExceeded"
	})
	close(release)
	sendUntil("a reply over the second connection", succeeds)
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// closedBy returns a context that ends when c is closed, or with the test.
func closedBy(t *testing.T, c chan struct{}) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		select {
		case <-c:
		case <-ctx.Done():
		}
	}()
	return ctx
}
