package grpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rtbench/internal/testserver/loopback"
	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// errorClasses returns the error classes of a bidirectional and a unary call.
func errorClasses(t *testing.T, over client, address string, change func(*drivertest.Target)) (bidi, unary string) {
	t.Helper()
	try := func(name string) string {
		d := over.custom(t, address, name, change)
		ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
		defer cancel()
		st, err := d.Open(ctx, proto.Call{})
		if err != nil {
			return "open: " + driver.Class(err)
		}
		defer st.Close()
		if err = st.Send(payload("x")); err == nil || name == "Talk" {
			err = drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
		}
		if errors.Is(err, driver.ErrRefused) {
			return "refused: " + driver.Class(err)
		}
		return driver.Class(err)
	}
	return try("Talk"), try("Unary")
}

// Each status has its class.
func TestStatusClasses(t *testing.T) { bothClients(t, testStatusClasses) }

func testStatusClasses(t *testing.T, over client) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		bidi, unary := errorClasses(t, over, serveAny(t, func(any, grpc.ServerStream) error { return status.Error(code, "why") }), nil)
		want := "gRPC " + code.String()
		if unary != want || strings.TrimPrefix(bidi, "refused: ") != want {
			t.Errorf("%s: %s and %s", code, bidi, unary)
		}
		refused := code == codes.InvalidArgument || code == codes.Unimplemented || code == codes.Unauthenticated || code == codes.PermissionDenied
		if strings.HasPrefix(bidi, "refused: ") != refused {
			t.Errorf("%s: %s", code, bidi)
		}
	}
}

func TestNonGRPCResponses(t *testing.T) { bothClients(t, testNonGRPCResponses) }

func testNonGRPCResponses(t *testing.T, over client) {
	for _, c := range []struct {
		status int
		header string
		want   string
	}{
		{200, "text/html; charset=utf-8", "wrong content type"},
		{302, "text/html", "HTTP status 302"},
		{500, "application/json", "HTTP status 500"},
		{502, "text/html", "HTTP status 502"},
	} {
		bidi, unary := errorClasses(t, over, drivertest.ServeHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.header)
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, "<html>")
		}), nil)
		if bidi != c.want || unary != c.want {
			t.Errorf("%d: %s and %s, want %s", c.status, bidi, unary, c.want)
		}
	}
}

// serveFrames serves HTTP/2 and calls response for the header of each stream.
func serveFrames(t *testing.T, response func(fr *http2.Framer, stream uint32)) (address string) {
	t.Helper()
	return loopback.Serve(t, func(nc net.Conn) { answerFrames(nc, response) })
}

func answerFrames(nc net.Conn, response func(fr *http2.Framer, stream uint32)) {
	_, _ = io.ReadFull(nc, make([]byte, len(http2.ClientPreface)))
	fr := http2.NewFramer(nc, nc)
	_ = fr.WriteSettings()
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return
		}
		if _, ok := f.(*http2.HeadersFrame); ok {
			response(fr, f.Header().StreamID)
		}
		if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
			_ = fr.WriteSettingsAck()
		}
	}
}

// The header block of a response: :status 200 and content-type application/grpc (HPACK).
var grpcHeader = append([]byte{0x88, 0x5f, 16}, "application/grpc"...)

func TestBrokenServerClasses(t *testing.T) { bothClients(t, testBrokenServerClasses) }

// goingAway starts a server that sends a GOAWAY with a reason, and then breaks the connection.
func goingAway(t *testing.T, reason string) (address string) {
	return serveFrames(t, func(fr *http2.Framer, stream uint32) {
		_ = fr.WriteGoAway(stream, http2.ErrCodeEnhanceYourCalm, []byte(reason))
		_ = fr.WriteRawFrame(99, 0, 0, make([]byte, 1<<20)) // too large for any peer
	})
}

func testBrokenServerClasses(t *testing.T, over client) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	const refused = "open: gRPC Unavailable: connection refused"
	for _, c := range []struct{ name, address, want string }{
		{"nobody", l.Addr().String(), refused},
		{"no trailers", serveFrames(t, func(fr *http2.Framer, stream uint32) {
			_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: grpcHeader, EndHeaders: true})
			_ = fr.WriteData(stream, true, nil)
		}), "gRPC ended without trailers"},
		{"reset", serveFrames(t, func(fr *http2.Framer, stream uint32) {
			_ = fr.WriteRSTStream(stream, http2.ErrCodeInternal)
		}), "HTTP/2 RST_STREAM"},
		{"goaway", goingAway(t, "maintenance"), "HTTP/2 GOAWAY"},
		{"goaway because of pings", goingAway(t, "too_many_pings"), "HTTP/2 GOAWAY: too many pings"},
		{"HTTP/1.1", loopback.Serve(t, func(nc net.Conn) {
			_, _ = nc.Read(make([]byte, 1024))
			_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, nc)
		}), "open: not HTTP/2"},
		{"closes without a byte", loopback.Serve(t, func(nc net.Conn) {
			_, _ = nc.Read(make([]byte, 1024))
			_ = nc.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, nc)
		}), "open: gRPC Unavailable: connection closed by the server"},
		{"length over the end", serveFrames(t, func(fr *http2.Framer, stream uint32) {
			_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: grpcHeader, EndHeaders: true})
			_ = fr.WriteData(stream, false, []byte{0, 0, 0, 1, 0, 1})
			_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: append([]byte{0, 11}, "grpc-status\x010"...), EndHeaders: true, EndStream: true})
		}), "gRPC Internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bidi, unary := errorClasses(t, over, c.address, nil)
			if bidi != c.want || unary != c.want {
				t.Errorf("%s and %s, want %s", bidi, unary, c.want)
			}
		})
	}
}

// The client's limit and the server's limit have different classes.
func TestMessageTooLong(t *testing.T) { bothClients(t, testMessageTooLong) }

func testMessageTooLong(t *testing.T, over client) {
	address, _ := serveTest(t, grpc.MaxRecvMsgSize(5000))
	for _, c := range []struct {
		size int
		want string
	}{{100, ""}, {3000, "message too long"}, {6000, "gRPC ResourceExhausted"}} {
		for _, compression := range []string{"", "gzip"} {
			for _, name := range []string{"Talk", "Unary"} {
				st := drivertest.Open(t, over.custom(t, address, name, func(t *drivertest.Target) {
					t.Endpoint.Limit = 2000
					t.Endpoint.Compression = compression
				}), proto.Call{})
				err := st.Send(payload(strings.Repeat("x", c.size)))
				if err == nil {
					_, err = st.Recv()
				}
				if got := codeOf(err); got != c.want {
					t.Errorf("%d bytes, %s %s: %s (%v), want %s", c.size, name, compression, got, err, c.want)
				}
			}
		}
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return driver.Class(err)
}

// A deadline fails the message of a unary call and ends other calls.
func TestDeadline(t *testing.T) { bothClients(t, testDeadline) }

func testDeadline(t *testing.T, over client) {
	address, _ := serveTest(t)
	for _, name := range []string{"Talk", "Unary", "Collect"} {
		st := drivertest.Open(t, over.custom(t, address, name, func(t *drivertest.Target) { t.Endpoint.Deadline = 50 * time.Millisecond }), proto.Call{})
		err := st.Send(payload("hang"))
		if name == "Talk" {
			err = drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
		}
		if got := codeOf(err); got != "gRPC DeadlineExceeded" || errors.Is(err, driver.ErrMessageFailed) != (name != "Talk") {
			t.Errorf("%s: %s (%v)", name, got, err)
		}
	}
}

// Open returns at the end of its context if the server does not respond.
func TestOpenHonorsContext(t *testing.T) { bothClients(t, testOpenHonorsContext) }

func testOpenHonorsContext(t *testing.T, over client) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := over.custom(t, l.Addr().String(), "Talk", nil).Open(ctx, proto.Call{}); driver.Class(err) != "timeout" {
		t.Errorf("server without a response: %v of class %s", err, driver.Class(err))
	}
}

// Open does not wait for the response header.
func TestLateResponseHeader(t *testing.T) { bothClients(t, testLateResponseHeader) }

func testLateResponseHeader(t *testing.T, over client) {
	address := serveAny(t, func(_ any, st grpc.ServerStream) error {
		var m framing.BenchMessage
		for st.RecvMsg(&m) == nil {
			if err := st.SendMsg(&m); err != nil {
				return err
			}
		}
		return nil
	})
	st := drivertest.Open(t, over.custom(t, address, "Talk", nil), proto.Call{})
	if err := st.Send(payload("first")); err != nil {
		t.Fatal(err)
	}
	wantReply(t, st, "first")
}
