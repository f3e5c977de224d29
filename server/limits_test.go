package server_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/server"
	"rtbench/server/guide"
)

// firstWords opens a stream of each protocol: the bytes to send and the reply.
var firstWords = map[string]struct{ send, want string }{
	"tcp":          {"\x00\x00\x00\x0cpattern=echo", "\x00\x00\x00\x00"},
	"websocket":    {"GET /bench?pattern=echo HTTP/1.1\r\n" + host + upgrade + "\r\n", "\r\n\r\n"},
	"sse":          {"GET /stream HTTP/1.1\r\n" + host + "\r\n", `"counter":0`},
	"sse-h2":       {http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x00\x04\x01\x00\x00\x00\x00"},
	"websocket-h2": {http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x00\x04\x01\x00\x00\x00\x00"},
	"mqtt":         {"\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00", "\x20"}, // CONNECT and the start of CONNACK
	"long-poll":    {"GET /bench?session=x&pattern=echo HTTP/1.1\r\n" + host + "\r\n", "\r\n\r\n"},
	"grpc":         {http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x00\x00\x00\x04\x01\x00\x00\x00\x00"},
}

// enter connects and sends the first words. It returns false if the server closes the
// connection.
func enter(t *testing.T, s *server.Server, protocol string) (net.Conn, bool) {
	t.Helper()
	nc := raw(t, s, protocol)
	words := firstWords[protocol]
	_, _ = io.WriteString(nc, words.send)
	got, err := until(nc, words.want)
	if isTimeout(err) || err == nil && !strings.Contains(string(got), words.want) {
		t.Fatalf("%s: %q, %v", protocol, got, err)
	}
	return nc, err == nil
}

// overTCP returns the protocols over TCP.
func overTCP() []proto.Protocol {
	return slices.DeleteFunc(slices.Clone(proto.Protocols), func(p proto.Protocol) bool { return p.QUIC })
}

// Beyond the limit, new connections are closed, open ones stay, and one that ends makes
// room. Each protocol has its own limit.
func TestConnectionLimit(t *testing.T) {
	const most = 3
	for _, stack := range stacks {
		s := start(t, server.Config{Stack: stack, MaxConnections: most, Guide: guide.Config{Interval: time.Hour}})
		for _, p := range overTCP() {
			t.Run(stack+" "+p.Name, func(t *testing.T) {
				in := make([]net.Conn, most)
				for i := range in {
					var ok bool
					if in[i], ok = enter(t, s, p.Name); !ok {
						t.Fatalf("connection %d is closed", i)
					}
				}
				for range 5 {
					if _, ok := enter(t, s, p.Name); ok {
						t.Fatal("a connection beyond the limit is accepted")
					}
				}
				for range 5 { // a closed connection makes room once the server notices
					_ = in[0].Close()
					ok := false
					for until := time.Now().Add(hang); !ok && time.Now().Before(until); {
						in[0], ok = enter(t, s, p.Name)
					}
					if !ok {
						t.Fatal("there is no room again")
					}
				}
				stays(t, p.Name, in[1])
			})
		}
	}
}

// stays checks that a connection is open: it is silent or answers.
func stays(t *testing.T, protocol string, nc net.Conn) {
	t.Helper()
	ask, answer := "", ""
	switch protocol {
	case "tcp":
		ask = "\x00\x00\x00\x01x"
		answer = ask
	case "websocket":
		ask, answer = "\x89\x80\x00\x00\x00\x00", "\x8a\x00"
	case "sse": // it ends cleanly when the client half-closes
		closeWrite(nc)
		answer = "0\r\n\r\n"
	case "long-poll": // it is asked for messages that it does not have
		ask, answer = "GET /other HTTP/1.1\r\n"+host+"\r\n", "404 Not Found"
	case "mqtt": // PINGREQ and PINGRESP
		ask, answer = "\xc0\x00", "\xd0\x00"
	default: // ping and pong
		ask = "\x00\x00\x08\x06\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08"
		answer = "\x00\x00\x08\x06\x01\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08"
	}
	_, _ = io.WriteString(nc, ask)
	if got, err := until(nc, answer); err != nil {
		t.Errorf("%s: %q, %v, want %q", protocol, got, err, answer)
	}
}

// Clients that do not complete the handshake in time are disconnected; afterwards they
// may be silent for longer.
func TestHandshakeTimeout(t *testing.T) {
	testrun.OnlyWithAll(t)
	for name, cfg := range map[string]server.Config{"goroutines": {}, "lean": {Stack: proto.Lean}, "TLS": {TLS: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.HandshakeTimeout, cfg.Guide.Interval = 2*time.Second, time.Hour
			s := start(t, cfg)
			in := map[string]net.Conn{}
			for _, p := range overTCP() {
				if cfg.TLS {
					continue // the bytes are for cleartext
				}
				var ok bool
				if in[p.Name], ok = enter(t, s, p.Name); !ok {
					t.Fatalf("%s: closed", p.Name)
				}
			}
			var slow []net.Conn
			for _, p := range overTCP() {
				send := firstWords[p.Name].send
				if cfg.TLS {
					send = "\x16\x03\x01\x02\x00\x01" // the start of a TLS handshake
				}
				for _, part := range []string{"", send[:1], send[:5]} {
					nc := raw(t, s, p.Name)
					_, _ = io.WriteString(nc, part)
					slow = append(slow, nc)
				}
			}
			if !cfg.TLS {
				nc := raw(t, s, "sse")
				_, _ = io.WriteString(nc, "POST /bench?session=x HTTP/1.1\r\n"+host+"Content-Length: 10\r\n\r\nhalf")
				slow = append(slow, nc)
			}
			for _, nc := range slow {
				if _, err := io.ReadAll(nc); isTimeout(err) {
					t.Errorf("%s is never disconnected", nc.RemoteAddr())
				}
			}
			for name, nc := range in {
				stays(t, name, nc)
			}
		})
	}
}

// A client that pipelines two requests may reset the connection before fasthttp hands
// over the second's stream. Its resources must be freed.
func TestPipelinedStreamOfLostClient(t *testing.T) {
	s := start(t, server.Config{})
	survive(t, s, func(t *testing.T) {
		for range 200 {
			nc := raw(t, s, "sse")
			_, _ = io.WriteString(nc, "GET /nowhere HTTP/1.1\r\n"+host+"\r\nGET /bench?session=a&pattern=echo HTTP/1.1\r\n"+host+"\r\n")
			if tcp, ok := nc.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = nc.Close()
		}
	})
}

// A head may be as long as the limit, and no longer.
func TestHeadLimit(t *testing.T) {
	for _, most := range []int{1000, 6000, 40_000} {
		s := start(t, server.Config{MaxHeader: most, Stack: proto.Lean}) // net/http allows 4 KiB more
		for protocol, want := range map[string]string{"websocket": "101 Switching", "sse": "200 OK"} {
			path := map[string]string{"websocket": "/ws/x", "sse": "/stream"}[protocol]
			for over, want := range map[int]string{0: want, 1: "431"} {
				head := "GET " + path + " HTTP/1.1\r\n" + host + upgrade + "X-Long: "
				head += strings.Repeat("x", most+over-len(head)-4) + "\r\n\r\n"
				nc := raw(t, s, protocol)
				_, _ = io.WriteString(nc, head)
				if got, err := until(nc, want); err != nil {
					t.Errorf("%s: a head of %d bytes of %d: %.80q, %v; want %q", protocol, len(head), most, got, err, want)
				}
				_ = nc.Close()
			}
		}
	}
}
