package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rtbench/proto/streamingpb"
	"rtbench/server"
)

// hang bounds every step of a test.
const hang = 30 * time.Second

// survive runs hostile clients against s. Afterwards a good client must be served, and
// nothing may be left of the hostile ones.
func survive(t *testing.T, s *server.Server, hostile func(t *testing.T)) {
	t.Helper()
	t.Run("a good client before", func(t *testing.T) { goodClient(t, s) })
	before := []goleak.Option{
		goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("rtbench/proto/pace.(*Metronome).run"), // stays after the first plan
	}
	t.Run("hostile", hostile)
	t.Run("a good client after", func(t *testing.T) { goodClient(t, s) })
	left := goleak.Find(before...)
	for until := time.Now().Add(hang); left != nil && time.Now().Before(until); {
		left = goleak.Find(before...) // retries for a while
	}
	if left != nil {
		t.Error(left)
	}
	if n := s.Stats().Streams; n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

// goodClient uses each endpoint of the guide API once.
func goodClient(t *testing.T, s *server.Server) {
	t.Helper()
	chat := dial(t, s, "/ws/good")
	chat.send(`{"type":"ping"}`)
	chat.want("pong")
	_ = chat.nc.Close()
	for version := range http1And2 {
		next, _ := events(t, s, version, "/stream", "")
		if event, err := next(); err != nil || !strings.Contains(event, `"counter":0`) {
			t.Errorf("%s: event %q, %v", version, event, err)
		}
	}
	c, ctx := dataStream(t, s)
	both, err := c.ProcessStream(ctx)
	if err == nil {
		err = both.Send(&streamingpb.ProcessRequest{Input: "x"})
	}
	if err != nil {
		t.Fatal(err)
	}
	if r, err := both.Recv(); err != nil || r.GetOutput() != "Processed: x" {
		t.Errorf("ProcessStream: %v, %v", r, err)
	}
}

// dataStream returns a client of the guide's gRPC service for the duration of the test.
func dataStream(t *testing.T, s *server.Server) (streamingpb.DataStreamServiceClient, context.Context) {
	t.Helper()
	channel, err := grpc.NewClient(s.Info().Addresses["grpc"], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	t.Cleanup(func() {
		cancel()
		_ = channel.Close()
	})
	return streamingpb.NewDataStreamServiceClient(channel), ctx
}

// raw returns a connection to a protocol's port.
func raw(t *testing.T, s *server.Server, protocol string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", s.Info().Addresses[protocol])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(hang))
	return nc
}

// A hostile row has the bytes to send and the expected reply, which may be surrounded by
// others; empty means no reply. The connection must end no later than the client
// half-closes it. With cut, the client does so without waiting for the reply.
type hostile struct{ send, want string }

const cut = "half-closed after this: "

// anything is the reply of which nothing is expected.
const anything = "any reply"

// answered returns the rows with any replies.
func answered(rows map[string]hostile) map[string]hostile {
	out := map[string]hostile{}
	for name, row := range rows {
		out[name] = hostile{row.send, anything}
	}
	return out
}

// run runs a table. The server may not read all sent bytes; then the kernel resets the
// connection and may drop the reply.
func run(t *testing.T, s *server.Server, protocol string, rows map[string]hostile) {
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			nc := raw(t, s, protocol)
			send, early := strings.CutPrefix(row.send, cut)
			_, err := io.WriteString(nc, send)
			unread := err != nil
			var got []byte
			if err = nil; !early && row.want != "" && row.want != anything {
				got, err = until(nc, row.want)
			}
			if tcp, ok := nc.(*net.TCPConn); ok {
				_ = tcp.CloseWrite()
			}
			rest, err2 := io.ReadAll(nc)
			got = append(got, rest...)
			if isTimeout(err) || isTimeout(err2) {
				t.Fatalf("still open after %q, %v %v", got, err, err2)
			}
			unread = unread || isReset(err) || isReset(err2)
			if unread && len(got) == 0 && len(row.send) > 4<<10 {
				return
			}
			if row.want != anything && !bytes.Contains(got, []byte(row.want)) || row.want == "" && len(got) > 0 {
				t.Errorf("got %q, %v %v; want %q", got, err, err2, row.want)
			}
			if head, _, _ := bytes.Cut(got, []byte("\r\n\r\n")); bytes.Contains(head, []byte("\r\nInjected")) {
				t.Errorf("a header of the client's choice: %q", got)
			}
		})
	}
}

// until reads up to the first want or the end.
func until(nc net.Conn, want string) (got []byte, err error) {
	buf := make([]byte, 4096)
	for err == nil && !bytes.Contains(got, []byte(want)) {
		var n int
		n, err = nc.Read(buf)
		got = append(got, buf[:n]...)
	}
	return got, err
}

func isReset(err error) bool {
	return err != nil && !errors.Is(err, io.EOF) && !isTimeout(err)
}
