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

// Proxies from the environment are not used; a single warning says so if one applies to the
// target. 0.0.0.0 reaches this machine but is not a loopback address.
func TestProxyIsNotUsed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, url, want string }{
		{"HTTP_PROXY=http://proxy.test:3128", "ws://0.0.0.0:1/x", "HTTP_PROXY"},
		{"http_proxy=http://proxy.test:3128", "http://0.0.0.0:1/x", "http_proxy"},
		{"HTTPS_PROXY=proxy.test:3128", "wss://0.0.0.0:1/x", "HTTPS_PROXY"},
		{"ALL_PROXY=socks5://proxy.test:1080", "https://0.0.0.0:1/x", "ALL_PROXY"},
		{"HTTPS_PROXY=http://proxy.test:3128", "ws://0.0.0.0:1/x", ""},
		{"HTTP_PROXY=http://user:hunter2@proxy.test:3128", "ws://127.0.0.1:1/x", ""},
		{"HTTP_PROXY=http://proxy.test:3128", "ws://localhost:1/x", ""},
	} {
		for _, exempt := range []string{"", "0.0.0.0"} {
			s := newSession(t, map[string]string{"a.yaml": "name: a\npattern: push\ntarget: " + c.url + "\nphases: {connect: 10ms, warmup: 0s, steady: 10ms}\nrepetitions: 1\nreconnect: none\n"})
			s.Env = []string{"HTTP_PROXY=", "http_proxy=", "HTTPS_PROXY=", "https_proxy=", "ALL_PROXY=", "all_proxy=", "no_proxy=", "NO_PROXY=" + exempt, c.env}
			o := s.rtbench("run", "a.yaml", "-q", "-o", "r")
			warnings := strings.Count(o.Stderr, " is ignored: ")
			switch {
			case c.want == "" || exempt != "":
				if warnings != 0 {
					t.Errorf("%s, NO_PROXY=%s, %s: %s", c.env, exempt, c.url, o.Stderr)
				}
			case warnings != 1 || !strings.HasPrefix(o.Stderr, "warning: "+c.want+" is ignored: rtbench connects to 0.0.0.0:1 directly"):
				t.Errorf("%s, %s: %s", c.env, c.url, o.Stderr)
			}
		}
	}
}
