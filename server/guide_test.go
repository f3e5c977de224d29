package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"rtbench/proto/streamingpb"
	"rtbench/server"
	"rtbench/server/guide"
)

func start(t *testing.T, cfg server.Config) *server.Server {
	t.Helper()
	s, err := server.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A socket is an independent WebSocket client.
type socket struct {
	t  *testing.T
	nc net.Conn
	rw io.ReadWriter
}

func dial(t *testing.T, s *server.Server, path string) *socket {
	t.Helper()
	nc, br, _, err := ws.Dial(t.Context(), "ws://"+s.Info().Addresses["websocket"]+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second)) // longer than any step
	var rw io.ReadWriter = nc
	if br != nil {
		rw = struct {
			io.Reader
			io.Writer
		}{io.MultiReader(br, nc), nc}
	}
	return &socket{t, nc, rw}
}

func (c *socket) send(text string) {
	c.t.Helper()
	if err := wsutil.WriteClientText(c.nc, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *socket) want(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if got, err := wsutil.ReadServerText(c.rw); err != nil || string(got) != text {
			c.t.Fatalf("got %q, %v; want %q", got, err, text)
		}
	}
}

// wantEnd reads until the server closes and checks its close code; 0 means none.
func (c *socket) wantEnd(want ws.StatusCode) {
	c.t.Helper()
	for {
		_, _, err := wsutil.ReadServerData(c.rw)
		var closed wsutil.ClosedError
		switch {
		case err == nil:
			continue
		case errors.As(err, &closed) && closed.Code == want, want == 0 && !isTimeout(err):
		default:
			c.t.Errorf("the end is %v, want close code %d", err, want)
		}
		return
	}
}

func isTimeout(err error) bool {
	var timed net.Error
	return errors.As(err, &timed) && timed.Timeout()
}

func TestGuideChat(t *testing.T) {
	s := start(t, server.Config{})
	alice, bob := dial(t, s, "/ws/alice"), dial(t, s, "/ws/b%C3%B6b?x=y")
	for _, c := range []*socket{alice, bob} { // then both are in the room
		c.send(`{"type":"ping"}`)
		c.want("pong")
	}
	alice.send(`{"type":"chat","content":"hello <all> \u00e9"}`)
	for _, c := range []*socket{alice, bob} {
		c.want(`{"type":"chat","client_id":"alice","message":"hello \u003call\u003e é"}`)
	}
	for in, out := range map[string]string{
		`{"type":"ping"`: `{"error":"Invalid JSON"}`, `[]`: `{"error":"Invalid JSON"}`, ``: `{"error":"Invalid JSON"}`,
		`{"type":"dance"}`: `{"error":"Unknown type"}`, `{}`: `{"error":"Unknown type"}`, `null`: `{"error":"Unknown type"}`,
		`{"type":"chat"}`: `{"error":"No content"}`, `{"type":"chat","content":7}`: `{"error":"Invalid JSON"}`,
		strings.Repeat(`[`, 20_000): `{"error":"Invalid JSON"}`,
	} {
		alice.send(in)
		alice.want(out) // bob receives none of it
	}
	// A fragmented message with a control frame inside.
	_ = ws.WriteFrame(alice.nc, ws.MaskFrame(ws.NewFrame(ws.OpText, false, []byte(`{"type":"chat",`))))
	_ = ws.WriteFrame(alice.nc, ws.MaskFrame(ws.NewPingFrame([]byte("?"))))
	_ = ws.WriteFrame(alice.nc, ws.MaskFrame(ws.NewFrame(ws.OpContinuation, true, []byte(`"content":"whole"}`))))
	alice.want(`{"type":"chat","client_id":"alice","message":"whole"}`)
	bob.want(`{"type":"chat","client_id":"alice","message":"whole"}`)
	_ = bob.nc.Close()
	alice.want(`{"type":"leave","client_id":"böb"}`)
}

// A violation ends the sender's connection, and the other members are told.
func TestGuideChatHostile(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{MaxMessage: 1000}})
	watcher := dial(t, s, "/ws/watcher")
	watcher.send(`{"type":"ping"}`)
	watcher.want("pong")
	mask := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	reserved := ws.NewTextFrame([]byte("x"))
	reserved.Header.Rsv = 4
	for name, c := range map[string]struct {
		bytes []byte
		code  ws.StatusCode
	}{
		"invalid UTF-8":     {mask(ws.NewTextFrame([]byte{0xff, 0xfe})), ws.StatusInvalidFramePayloadData},
		"too long":          {mask(ws.NewTextFrame(make([]byte, 1001))), ws.StatusMessageTooBig},
		"too long in parts": {append(mask(ws.NewFrame(ws.OpText, false, make([]byte, 600))), mask(ws.NewFrame(ws.OpContinuation, true, make([]byte, 600)))...), ws.StatusMessageTooBig},
		"not masked":        {ws.MustCompileFrame(ws.NewTextFrame([]byte("x"))), ws.StatusProtocolError},
		"reserved bits":     {mask(reserved), ws.StatusProtocolError},
		"no beginning":      {mask(ws.NewFrame(ws.OpContinuation, true, nil)), ws.StatusProtocolError},
		"long ping":         {mask(ws.NewPingFrame(make([]byte, 126))), ws.StatusProtocolError},
	} {
		h := dial(t, s, "/ws/hostile")
		if _, err := h.nc.Write(c.bytes); err != nil {
			t.Fatal(err)
		}
		h.wantEnd(c.code)
		if t.Failed() {
			t.Fatal(name)
		}
		_ = h.nc.Close()
		watcher.want(`{"type":"leave","client_id":"hostile"}`)
	}
}

// A client that does not read is disconnected; the others miss nothing and are not
// delayed.
func TestGuideChatSlowClient(t *testing.T) {
	const messages = 400
	s := start(t, server.Config{Guide: guide.Config{Queue: 8}})
	deaf := dial(t, s, "/ws/deaf")
	deaf.send(`{"type":"ping"}`)
	deaf.want("pong")
	alice := dial(t, s, "/ws/alice")
	content := strings.Repeat("x", 60_000)
	chat := `{"type":"chat","client_id":"alice","message":"` + content + `"}`
	left := 0
	for range messages { // 24 MB: far more than the kernel buffers
		alice.send(`{"type":"chat","content":"` + content + `"}`)
		for {
			got, err := wsutil.ReadServerText(alice.rw)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) == chat {
				break
			}
			if left++; string(got) != `{"type":"leave","client_id":"deaf"}` {
				t.Fatalf("got %.80q", got)
			}
		}
	}
	if left != 1 {
		t.Errorf("%d leave messages", left)
	}
}

func TestGuideChatWithThousands(t *testing.T) {
	const clients, messages = 2000, 3
	s := start(t, server.Config{})
	all := make([]*socket, clients)
	for i := range all {
		all[i] = dial(t, s, fmt.Sprintf("/ws/%d", i))
		all[i].send(`{"type":"ping"}`)
		all[i].want("pong")
	}
	var wg sync.WaitGroup
	for i := range messages {
		all[i].send(fmt.Sprintf(`{"type":"chat","content":"%d"}`, i))
	}
	order := make([]string, clients)
	for i, c := range all {
		wg.Go(func() {
			for range messages {
				got, err := wsutil.ReadServerText(c.rw)
				if err != nil {
					t.Error(err)
					return
				}
				order[i] += string(got)
			}
		})
	}
	wg.Wait()
	if slices.ContainsFunc(order, func(o string) bool { return o != order[0] }) {
		t.Error("not all have had the same messages in the same order")
	}
}

func TestGuideHeartbeats(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{Heartbeat: time.Millisecond}})
	alice, session := dial(t, s, "/ws/alice"), dial(t, s, "/ws/authenticated")
	session.send(`{"token":"` + s.TokenFor("alice") + `"}`)
	for _, c := range []*socket{alice, session} {
		c.want(`{"type":"heartbeat"}`, `{"type":"heartbeat"}`)
	}
}

func TestGuideSession(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{Patience: 300 * time.Millisecond}})
	good := s.TokenFor("alice")
	other := start(t, server.Config{}).TokenFor("alice")
	for name, first := range map[string]string{
		"bad": `{"token":"nonsense"}`, "of another server": `{"token":"` + other + `"}`, "missing": `{}`, "empty": `{"token":""}`,
		"no JSON": `token`, "a number": `{"token":5}`, "cut": `{"token":"` + good[:len(good)-1] + `"}`,
		"oversize":     `{"token":"` + strings.Repeat("x", 50_000) + `"}`,
		"not signed":   `{"token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0."}`,
		"array of all": `["` + good + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s, "/ws/authenticated")
			c.send(first)
			c.want(`{"error":"Unauthorized"}`)
			c.wantEnd(ws.StatusNormalClosure)
		})
	}
	t.Run("never sent", func(t *testing.T) { dial(t, s, "/ws/authenticated").wantEnd(0) })
	t.Run("good", func(t *testing.T) {
		c := dial(t, s, "/ws/authenticated")
		c.send(`{"token":"` + good + `"}`)
		for _, text := range []string{"anything", "", `{"type":"ping"}`} {
			c.send(text)
			c.want(text)
		}
	})
}

func TestGuideUnknownSockets(t *testing.T) {
	s := start(t, server.Config{})
	for _, path := range []string{"/ws/", "/ws", "/ws/a/b", "/ws/" + strings.Repeat("x", 129), "/chat"} {
		_, _, _, err := ws.Dial(t.Context(), "ws://"+s.Info().Addresses["websocket"]+path)
		var refused ws.StatusError
		if !errors.As(err, &refused) || int(refused) != http.StatusNotFound {
			t.Errorf("%s: %v, want 404", path, err)
		}
	}
}

func TestGuideClientLimit(t *testing.T) {
	s := start(t, server.Config{Guide: guide.Config{MaxClients: 1}})
	first := dial(t, s, "/ws/first")
	first.send(`{"type":"ping"}`)
	first.want("pong")
	second := dial(t, s, "/ws/second")
	second.want(`{"error":"The server is full"}`)
	second.wantEnd(ws.StatusNormalClosure)
	_ = first.nc.Close()
}

func TestGuideClose(t *testing.T) {
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s, "/ws/alice")
	c.send(`{"type":"ping"}`)
	c.want("pong")
	ended := make(chan struct{})
	go func() { s.Close(); close(ended) }()
	c.wantEnd(ws.StatusGoingAway)
	<-ended
}

// The guide's event streams over both versions of HTTP.
var http1And2 = map[string]string{"HTTP/1.1": "sse", "HTTP/2.0": "sse-h2"}

// events opens an event stream and returns a function that reads the next event.
func events(t *testing.T, s *server.Server, version, path, last string) (next func() (string, error), resp *http.Response) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(version == "HTTP/1.1")
	protocols.SetUnencryptedHTTP2(version == "HTTP/2.0")
	protocols.SetHTTP2(version == "HTTP/2.0")
	transport := &http.Transport{Protocols: &protocols, DisableKeepAlives: true}
	scheme := "http://"
	if pem := s.Info().Certificate; pem != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(pem))
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		scheme = "https://"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+s.Info().Addresses[http1And2[version]]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err = transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = resp.Body.Close()
		transport.CloseIdleConnections()
	})
	if resp.Proto != version {
		t.Fatalf("spoke %s, want %s", resp.Proto, version)
	}
	lines := bufio.NewReader(resp.Body)
	return func() (string, error) {
		var event strings.Builder
		for {
			line, err := lines.ReadString('\n')
			if err != nil || line == "\n" {
				return event.String(), err
			}
			event.WriteString(line)
		}
	}, resp
}

// counterEvent parses an event.
func counterEvent(t *testing.T, event string) (id string, counter int, timestamp float64, user string) {
	t.Helper()
	var data struct {
		Counter   *int
		Timestamp *float64
		User      string
	}
	for line := range strings.Lines(event) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				t.Fatalf("%q: %v", event, err)
			}
		}
	}
	if id == "" || data.Counter == nil || data.Timestamp == nil {
		t.Fatalf("no identifier, counter or timestamp in %q", event)
	}
	return id, *data.Counter, *data.Timestamp, data.User
}

func TestGuideStreamResumes(t *testing.T) {
	for _, secured := range []bool{false, true} {
		s := start(t, server.Config{TLS: secured, Guide: guide.Config{Interval: time.Millisecond}})
		for version := range http1And2 {
			for path, user := range map[string]string{"/stream": "", "/stream/user?token=" + s.TokenFor("alice"): "alice"} {
				next, resp := events(t, s, version, path, "")
				if got := resp.Header.Get("Content-Type") + resp.Header.Get("Cache-Control"); got != "text/event-streamno-cache" {
					t.Errorf("headers %q", got)
				}
				first, err := next()
				if err != nil || !strings.HasPrefix(first, "retry: 1\n") {
					t.Fatalf("first event %q, %v", first, err)
				}
				_, n, began, _ := counterEvent(t, first)
				if n != 0 {
					t.Errorf("counts from %d", n)
				}
				var last string
				for want := 1; want < 5; want++ {
					event, _ := next()
					id, n, at, whose := counterEvent(t, event)
					if n != want || at <= began || whose != user {
						t.Fatalf("event %q, want number %d of %q", event, want, user)
					}
					last = id
				}
				_ = resp.Body.Close()
				// No event is lost, however long the interruption.
				next, _ = events(t, s, version, path, last)
				event, _ := next()
				if _, n, at, _ := counterEvent(t, event); n != 5 || at <= began {
					t.Errorf("resumes with %q after %s", event, last)
				}
			}
		}
	}
}

func TestGuideStreamUserNeedsAToken(t *testing.T) {
	s := start(t, server.Config{})
	for version := range http1And2 {
		_, resp := events(t, s, version, "/stream/user", "")
		body, _ := io.ReadAll(resp.Body)
		if string(body) != `{"error":"Token required"}` || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("without a token: %q, %v", body, resp.Header)
		}
		for _, token := range []string{"x", strings.Repeat("x", 3000), strings.Repeat("x", 16_000), "%00"} {
			next, _ := events(t, s, version, "/stream/user?token="+token, "")
			if event, err := next(); event != "data: {\"error\":\"Unauthorized\"}\n" || err != nil {
				t.Errorf("token %.10s: %q, %v", token, event, err)
			}
			if event, err := next(); !errors.Is(err, io.EOF) || event != "" {
				t.Errorf("token %.10s: after it %q, %v; want the end", token, event, err)
			}
		}
	}
}

func TestGuideStreamClose(t *testing.T) {
	for version := range http1And2 {
		s, err := server.Start(server.Config{Guide: guide.Config{Interval: time.Hour}})
		if err != nil {
			t.Fatal(err)
		}
		next, _ := events(t, s, version, "/stream", "")
		if _, err := next(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { s.Close(); close(ended) }()
		if event, err := next(); event != "data: {\"status\":\"closing\"}\n" || err != nil {
			t.Errorf("%s: the last event is %q, %v", version, event, err)
		}
		<-ended
	}
}

func TestGuideDataStreamService(t *testing.T) {
	s := start(t, server.Config{})
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
