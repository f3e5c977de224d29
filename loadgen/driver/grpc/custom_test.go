package grpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// seenCalls records the calls that a server received.
type seenCalls struct {
	calls, messages atomic.Int64
	metadata        atomic.Pointer[metadata.MD]
}

// serveTest serves /test.Test/: Unary and Collect reply once, Watch sends the request three times, Talk
// echoes each message. The message "fail" fails its call.
func serveTest(t testing.TB, options ...grpc.ServerOption) (address string, seen *seenCalls) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen = new(seenCalls)
	handle := func(_ any, st grpc.ServerStream) error {
		seen.calls.Add(1)
		md, _ := metadata.FromIncomingContext(st.Context())
		seen.metadata.Store(&md)
		name, _ := grpc.MethodFromServerStream(st)
		return answerTest(name[strings.LastIndexByte(name, '/')+1:], seen, st)
	}
	s := grpc.NewServer(append(options, grpc.UnknownServiceHandler(handle), grpc.ForceServerCodecV2(framing.BenchCodec{}))...)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() { s.Stop(); <-ended })
	return l.Addr().String(), seen
}

func answerTest(name string, seen *seenCalls, st grpc.ServerStream) error {
	var in framing.BenchMessage
	var all []byte
	for {
		err := st.RecvMsg(&in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		seen.messages.Add(1)
		if string(in.Payload) == "fail" {
			return status.Error(codes.NotFound, "there is none")
		}
		if string(in.Payload) == "hang" {
			<-st.Context().Done()
			return st.Context().Err()
		}
		all = append(all, in.Payload...)
		if name == "Talk" {
			if err := st.SendMsg(&in); err != nil {
				return err
			}
		}
		if name == "Unary" || name == "Watch" {
			break
		}
	}
	replies := map[string]int{"Unary": 1, "Collect": 1, "Watch": 3}[name]
	for range replies {
		if err := st.SendMsg(&framing.BenchMessage{Payload: all}); err != nil {
			return err
		}
	}
	return nil
}

// payload returns a protobuf message with text in field 1.
func payload(text string) []byte { return framing.AppendBenchMessage(nil, []byte(text)) }

// A client is the stack of a gRPC client.
type client string

// bothClients runs a test over both HTTP/2 clients.
func bothClients(t *testing.T, test func(t *testing.T, over client)) {
	t.Parallel()
	for _, stack := range proto.StacksOf("grpc") {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			test(t, client(stack))
		})
	}
}

// custom returns a driver for a method of serveTest.
func (over client) custom(t testing.TB, address, name string, change func(*drivertest.Target)) *drivertest.Client {
	t.Helper()
	target := drivertest.Target{Stack: string(over), Target: driver.Target{Address: address}, Endpoint: &driver.Endpoint{
		URL:           &url.URL{Scheme: "grpc", Host: address, Path: "/test.Test/" + name},
		ClientStreams: name == "Talk" || name == "Collect", ServerStreams: name == "Talk" || name == "Watch",
	}}
	if change != nil {
		change(&target)
	}
	return drivertest.NewCustomDriver(t, "grpc", target)
}

func wantReply(t *testing.T, st *driver.Stream, want string) {
	t.Helper()
	var got []byte
	if err := drivertest.Bounded(t, "Recv", func() (err error) { got, err = st.Recv(); return err }); err != nil || !bytes.Equal(got, payload(want)) {
		t.Fatalf("Recv: %.80q, %v, want %.80q", got, err, want)
	}
}

// All kinds of methods work with and without compression.
func TestMethodKinds(t *testing.T) { bothClients(t, testMethodKinds) }

func testMethodKinds(t *testing.T, over client) {
	address, seen := serveTest(t)
	for _, compression := range []string{"", "gzip"} {
		with := func(t *drivertest.Target) { t.Endpoint.Compression = compression; t.Endpoint.Batch = 3 }
		st := drivertest.Open(t, over.custom(t, address, "Talk", with), proto.Call{})
		for i := range 5 {
			text := strings.Repeat(fmt.Sprint(i), 1+i*5000)
			if err := st.Send(payload(text)); err != nil {
				t.Fatal(err)
			}
			wantReply(t, st, text)
		}
		if err := errors.Join(st.CloseSend(), st.CloseSend()); err != nil {
			t.Fatal(err)
		}
		drivertest.RecvEOF(t, st)

		st = drivertest.Open(t, over.custom(t, address, "Watch", func(t *drivertest.Target) {
			with(t)
			t.Endpoint.Request = payload("news")
		}), proto.Call{Pattern: proto.Push})
		for range 3 {
			wantReply(t, st, "news")
		}
		drivertest.RecvEOF(t, st)
		if err := st.Send(payload("more")); err == nil {
			t.Error("a server-streaming call accepted a second message")
		}

		for name, want := range map[string]string{"Unary": "x%d", "Collect": "x%[1]dx%[1]dx%[1]d"} {
			st = drivertest.Open(t, over.custom(t, address, name, with), proto.Call{})
			if !st.SendWaits {
				t.Errorf("%s: Send does not wait", name)
			}
			before := seen.calls.Load()
			for i := range 7 {
				if err := st.Send(payload(fmt.Sprintf("x%d", i))); err != nil {
					t.Fatal(err)
				}
				wantReply(t, st, fmt.Sprintf(want, i))
			}
			if n := seen.calls.Load() - before; n != 7 {
				t.Errorf("%s: %d calls for 7 messages", name, n)
			}
			if err := errors.Join(st.CloseSend(), st.CloseSend()); err != nil {
				t.Fatal(err)
			}
			drivertest.RecvEOF(t, st)
			if err := st.Send(payload("late")); err == nil {
				t.Errorf("%s: Send after CloseSend", name)
			}
		}
	}
}

// A failed call fails only its message.
func TestFailedCallKeepsStream(t *testing.T) { bothClients(t, testFailedCallKeepsStream) }

func testFailedCallKeepsStream(t *testing.T, over client) {
	address, _ := serveTest(t)
	for _, name := range []string{"Unary", "Collect"} {
		st := drivertest.Open(t, over.custom(t, address, name, nil), proto.Call{})
		for range 10 { // more than maxReplies
			err := drivertest.Bounded(t, "Send", func() error { return st.Send(payload("fail")) })
			if !errors.Is(err, driver.ErrMessageFailed) || driver.Class(err) != "gRPC NotFound" || !strings.Contains(err.Error(), "there is none") {
				t.Fatalf("%s: %v of class %s", name, err, driver.Class(err))
			}
		}
		if err := st.Send(payload("good")); err != nil {
			t.Fatal(err)
		}
		wantReply(t, st, "good")
	}
}

// Close unblocks Recv, and a Send that waits for a reply or for Recv.
func TestCloseUnblocks(t *testing.T) { bothClients(t, testCloseUnblocks) }

func testCloseUnblocks(t *testing.T, over client) {
	address, seen := serveTest(t)
	for _, name := range []string{"Unary", "Collect", "Talk", "Watch"} {
		st := drivertest.Open(t, over.custom(t, address, name, func(t *drivertest.Target) {
			t.Endpoint.Request = payload("hang")
		}), proto.Call{})
		received := make(chan error, 1)
		go func() { _, err := st.Recv(); received <- err }()
		sent := make(chan error, 1)
		before := seen.messages.Load()
		go func() { sent <- st.Send(payload("hang")) }()
		if name != "Watch" {
			for seen.messages.Load() == before {
				// The server is about to receive it.
				if t.Context().Err() != nil {
					return
				}
			}
		}
		_ = st.Close()
		_ = st.Close()
		for what, c := range map[string]chan error{"Recv": received, "Send": sent} {
			err := drivertest.Bounded(t, what, func() error { return <-c })
			if what == "Recv" && !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %s after Close: %v", name, what, err)
			}
			if what == "Send" && (name == "Unary" || name == "Collect") && !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %s after Close: %v", name, what, err)
			}
		}
	}
}

// The server receives headers as metadata, and a fresh token for each stream.
func TestMetadata(t *testing.T) { bothClients(t, testMetadata) }

func testMetadata(t *testing.T, over client) {
	address, seen := serveTest(t)
	tokens := 0
	for _, name := range []string{"Talk", "Unary"} {
		d := over.custom(t, address, name, func(t *drivertest.Target) {
			t.Endpoint.Header = http.Header{"X-Room": {"1", "2"}, "Key-Bin": {"AAEC/w=="}, "Cookie": {"a=b"}, "Authorization": {"Basic x"}, "User-Agent": {"me/1"}}
			t.Endpoint.Bearer = func(context.Context) (string, error) { tokens++; return fmt.Sprint("token", tokens), nil }
		})
		for range 2 {
			st := drivertest.Open(t, d, proto.Call{})
			if err := st.Send(payload("x")); err != nil {
				t.Fatal(err)
			}
			wantReply(t, st, "x")
			md := *seen.metadata.Load()
			if agent := md.Get("user-agent"); len(agent) != 1 || !strings.HasPrefix(agent[0]+" ", "me/1 ") {
				t.Errorf("%s: the user agent is %q", name, agent)
			}
			got := fmt.Sprintf("%q %q %q %q", md.Get("x-room"), md.Get("key-bin"), md.Get("cookie"), md.Get("authorization"))
			want := fmt.Sprintf(`["1" "2"] ["\x00\x01\x02\xff"] ["a=b"] ["Bearer token%d"]`, tokens)
			if got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	}
}

// An invalid endpoint is refused without a connection.
func TestInvalidEndpoint(t *testing.T) { bothClients(t, testInvalidEndpoint) }

func testInvalidEndpoint(t *testing.T, over client) {
	for _, c := range []struct {
		change func(*driver.Endpoint)
		want   string
	}{
		{func(e *driver.Endpoint) { e.URL.Path = "/test.Test" }, "expected /pkg.Service/Method"},
		{func(e *driver.Endpoint) { e.URL.Path = "" }, "expected /pkg.Service/Method"},
		{func(e *driver.Endpoint) { e.Header = http.Header{"Grpc-Timeout": {"1S"}} }, "header grpc-timeout is reserved by gRPC"},
		{func(e *driver.Endpoint) { e.Header = http.Header{":path": {"/"}} }, "header :path is reserved by gRPC"},
		{func(e *driver.Endpoint) { e.Header = http.Header{"Content-Type": {"a/b"}} }, "header content-type is reserved by gRPC"},
		{func(e *driver.Endpoint) { e.Header = http.Header{"a b": {""}} }, `header "a b" cannot be metadata`},
		{func(e *driver.Endpoint) { e.Header = http.Header{"x": {"ä"}} }, "expected printable ASCII"},
		{func(e *driver.Endpoint) { e.Header = http.Header{"x-bin": {"%"}} }, "expected a base64 value"},
		{func(e *driver.Endpoint) { e.Compression = "zip" }, `unknown gRPC compression "zip"; expected none or gzip`},
		{func(e *driver.Endpoint) {
			e.Bearer = func(context.Context) (string, error) { return "", errors.New("no such file") }
		}, "bearer: no such file"},
	} {
		d := over.custom(t, "127.0.0.1:1", "Talk", func(t *drivertest.Target) { c.change(t.Endpoint) })
		if _, err := d.Open(t.Context(), proto.Call{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
