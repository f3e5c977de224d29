//go:build linux

package acceptance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"rtbench/internal/testrun"
)

// Lines of a response header, chunks and trailers may end with a bare LF (RFC 9112, section
// 2.2), over every HTTP/1.1 protocol.
func TestResponsesWithBareLF(t *testing.T) {
	t.Parallel()
	events := make(chan string, 100)
	address := rawHTTP(t, func(nc net.Conn, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") != "":
			fmt.Fprintf(nc, "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\r\nConnection: Upgrade\nSec-WebSocket-Accept: %s\n\n", acceptKey(r))
			paced(20, 10*time.Millisecond, func() { _, _ = io.WriteString(nc, "\x81\x01x") })
		case r.Method == http.MethodPost:
			events <- r.URL.Query().Get("id")
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;x=y\nok\n0\nTrailer: x\n\n")
		default:
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n")
			paced(20, 10*time.Millisecond, func() { _, _ = io.WriteString(nc, "9\ndata: x\n\n\n") })
			_, _ = io.WriteString(nc, "0\n\n")
		}
	})
	s := newSession(t, nil)
	o := s.runScenario(scenario{
		pattern: "push",
		target:  `websocket: "ws://` + address + `/", sse: "http://` + address + `/"`,
		phases:  "warmup: 0s, steady: 1s",
		more:    "reconnect: none",
	})
	for protocol, n := range counters(o.result("r")) {
		if n.AllReceived != 20 || len(n.Examples) > 0 {
			t.Errorf("%s: %+v, want 20 messages", protocol, n)
		}
	}
	n := counters(s.rtbench("bench", "http://"+address+"/", "--post", "http://"+address+"/", "--message", "a", "--match", "none", "-c", "1", "--rate", "20/s", "-d", "200ms",
		"--repetitions", "1", "-q", "-o", "post").result("post"))["sse"]
	if int(n.AllSent) != len(events) || n.AllSent == 0 || len(n.Examples) > 0 {
		t.Errorf("the server received %d POSTs of %+v", len(events), n)
	}
}

const askProto = `syntax = "proto3";
package a;
message M { string id = 1; }
service B { rpc C(M) returns (M); }
`

// A 64 KiB token is sent as gRPC metadata if the server accepts that much.
func TestLongMetadata(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan int, 100)
	server := grpc.NewServer(grpc.MaxHeaderListSize(1<<20), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		md, _ := metadata.FromIncomingContext(stream.Context())
		seen <- len(strings.Join(md.Get("x-token"), ""))
		return nil
	}))
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	s := newSession(t, map[string]string{"a.proto": askProto})
	s.Env = []string{"T_TOKEN=" + strings.Repeat("abcdefgh", 8<<10)}
	s.rtbench("bench", "grpc://"+l.Addr().String()+"/a.B/C", "--proto", "a.proto", "--message", `{"id":"{{.RequestNumber}}"}`, "--match", "field:id", "-H", "x-token: ${T_TOKEN}",
		"-c", "1", "--rate", "20/s", "-d", "200ms", "--repetitions", "1", "-q", "-o", "r").wantNoSecret("r", "abcdefghabcd")
	select {
	case n := <-seen:
		if n != 64<<10 {
			t.Errorf("the server saw %d bytes of the token", n)
		}
	default:
		t.Error("the server saw no call")
	}
}

// Proxies of the environment are used, and a single warning and the result name them. 0.0.0.0 reaches this machine
// but is not a loopback address.
func TestProxyOfEnvironment(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const scenario = "name: a\npattern: push\ntarget: {%s: '%s'%s}\nphases: {connect: 10ms, warmup: 0s, steady: 10ms}\nrepetitions: 1\nreconnect: none\n"
	for _, c := range []struct{ env, protocol, url, want string }{
		{"HTTP_PROXY=http://127.0.0.1:1", "websocket", "ws://0.0.0.0:1/x", "http://127.0.0.1:1"},
		{"http_proxy=http://127.0.0.1:1", "sse", "http://0.0.0.0:1/x", "http://127.0.0.1:1"},
		{"HTTPS_PROXY=127.0.0.1:1", "websocket", "wss://0.0.0.0:1/x", "http://127.0.0.1:1"},
		{"ALL_PROXY=socks5://ann:hunter2@127.0.0.1:1", "sse", "https://0.0.0.0:1/x", "socks5://127.0.0.1:1"},
		{"HTTPS_PROXY=http://127.0.0.1:1", "websocket", "ws://0.0.0.0:1/x", ""},
		{"HTTP_PROXY=http://user:hunter2@127.0.0.1:1", "websocket", "ws://127.0.0.1:1/x", ""},
		{"HTTP_PROXY=http://127.0.0.1:1", "websocket", "ws://localhost:1/x", ""},
	} {
		for _, direct := range []string{"", "NO_PROXY", "none"} {
			keys, exempt := "", ""
			switch direct {
			case "NO_PROXY":
				exempt = "0.0.0.0"
			case "none":
				keys = ", proxy: none"
			}
			s := newSession(t, map[string]string{"a.yaml": fmt.Sprintf(scenario, c.protocol, c.url, keys)})
			s.Env = []string{"HTTP_PROXY=", "http_proxy=", "HTTPS_PROXY=", "https_proxy=", "ALL_PROXY=", "all_proxy=", "no_proxy=", "NO_PROXY=" + exempt, c.env}
			o := s.rtbench("run", "a.yaml", "-q", "-o", "r")
			want := c.want != "" && direct == ""
			if named := strings.Count(o.Stderr, "through "+c.want+","); c.want != "" && want != (named == 1) {
				t.Errorf("%s, %s, %q: %s", c.env, c.url, direct, o.Stderr)
			}
			if route := o.result("r").Cells[0].Config.Route; want != (route == "through proxy "+c.want) || !want && route != "" {
				t.Errorf("%s, %s, %q: the result says %q", c.env, c.url, direct, route)
			}
			o.wantNoSecret("r", "hunter2")
		}
	}
}
