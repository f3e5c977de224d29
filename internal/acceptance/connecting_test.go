//go:build linux

package acceptance

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"rtbench/loadgen/foreign"
)

// rawHTTP serves each request of HTTP/1.1 with the bytes that answer returns, and what it
// writes later to the connection. It returns host:port.
func rawHTTP(t *testing.T, answer func(nc net.Conn, r *http.Request)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				br := bufio.NewReader(nc)
				for {
					r, err := http.ReadRequest(br)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					answer(nc, r)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Lines of an answer may end with LF alone (RFC 9112, section 2.2): of its head, of chunks
// and of a trailer, in all that is spoken over HTTP/1.1.
func TestAnswersWithBareLF(t *testing.T) {
	t.Parallel()
	events := make(chan string, 100)
	address := rawHTTP(t, func(nc net.Conn, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") != "":
			sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			fmt.Fprintf(nc, "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\r\nConnection: Upgrade\nSec-WebSocket-Accept: %s\n\n", base64.StdEncoding.EncodeToString(sum[:]))
			for range 20 {
				_, _ = io.WriteString(nc, "\x81\x01x")
				time.Sleep(10 * time.Millisecond)
			}
		case r.Method == http.MethodPost:
			events <- r.URL.Query().Get("id")
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;x=y\nok\n0\nTrailer: x\n\n")
		default:
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n")
			for range 20 {
				_, _ = io.WriteString(nc, "9\ndata: x\n\n\n")
				time.Sleep(10 * time.Millisecond)
			}
			_, _ = io.WriteString(nc, "0\n\n")
		}
	})
	s := newSession(t, map[string]string{"a.yaml": `name: a
pattern: push
target: {websocket: "ws://` + address + `/", sse: "http://` + address + `/"}
phases: {warmup: 0s, steady: 2s}
reconnect: false
`})
	for protocol, n := range counters(s.rtbench("run", "a.yaml", "-q", "-o", "push").result("push")) {
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

// A token of 64 KiB goes out as metadata of gRPC to a server that takes so much.
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

// A proxy of the environment is not used, which is said once if it would have been. 0.0.0.0
// is this machine, but no loopback address.
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
			s := newSession(t, map[string]string{"a.yaml": "name: a\ncontract: own\npattern: push\ntarget: " + c.url + "\nphases: {connect: 10ms, warmup: 0s, steady: 10ms}\nrepetitions: 1\nreconnect: false\n"})
			s.Env = []string{"HTTP_PROXY=", "http_proxy=", "HTTPS_PROXY=", "https_proxy=", "ALL_PROXY=", "all_proxy=", "no_proxy=", "NO_PROXY=" + exempt, c.env}
			o := s.rtbench("run", "a.yaml", "-q", "-o", "r")
			warnings := strings.Count(o.Stderr, " is set and not used: ")
			switch {
			case c.want == "" || exempt != "":
				if warnings != 0 {
					t.Errorf("%s, NO_PROXY=%s, %s: %s", c.env, exempt, c.url, o.Stderr)
				}
			case warnings != 1 || !strings.HasPrefix(o.Stderr, "warning: "+c.want+" is set and not used: rtbench connects to 0.0.0.0:1 directly"):
				t.Errorf("%s, %s: %s", c.env, c.url, o.Stderr)
			}
		}
	}
}

// The address of a unix socket is refused by its name, in whatever way it is written.
func TestUnixSocketIsRefused(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	s := newSession(t, map[string]string{
		"own.yaml":  "name: a\ncontract: own\npattern: push\ntarget: unix:///tmp/x.sock\n",
		"grpc.yaml": "name: a\npattern: push\ntarget: {grpc: 'unix:///tmp/x.sock'}\n",
		"addr.yaml": "name: a\npattern: push\nload: {rate: 1/s}\ntarget: unix:/tmp/x.sock\n",
		"good.yaml": "name: a\npattern: push\ntarget: {websocket: '" + server.URL("ws", "/feed") + "'}\n",
	})
	for _, args := range [][]string{
		{"run", "own.yaml"},
		{"run", "grpc.yaml"},
		{"run", "addr.yaml"},
		{"run", "good.yaml", "--target", "unix:/tmp/x.sock"},
		{"run", "echo", "--target", "unix:///tmp/x.sock"},
		{"bench", "unix:///tmp/x.sock"},
		{"bench", "unix:/tmp/x.sock"},
		{"bench", "http+unix:///tmp/x.sock"},
		{"bench", "ws+unix:///tmp/x.sock:/ws"},
		{"gate", "--base", "unix:/tmp/x", "--head", "127.0.0.1:1"},
	} {
		if o := s.rtbench(args...); o.Code == 0 || strings.Count(o.Stderr, "\n") != 1 || !strings.Contains(o.Stderr, "a unix socket, to which rtbench does not connect; expected a TCP address") {
			t.Errorf("%v: exit code %d, %s", args, o.Code, o.Stderr)
		}
	}
}
