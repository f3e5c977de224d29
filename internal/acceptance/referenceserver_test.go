//go:build linux

package acceptance

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testserver/thirdparty"
	"rtbench/proto"
)

// serve runs rtbench serve until the test ends and returns its addresses.
func serve(t *testing.T, args ...string) proto.Info {
	t.Helper()
	return newSession(t, nil).serve(args...)
}

func (s *session) serve(args ...string) proto.Info {
	t := s.t
	t.Helper()
	c := s.command(append([]string{"serve", "--json", "--port", "all=0", "--until-stdin-ends"}, args...)...)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = c.Wait()
	})
	var info proto.Info
	if err := json.NewDecoder(stdout).Decode(&info); err != nil {
		t.Fatal(err)
	}
	return info
}

// The HTTP endpoints answer HEAD like GET without a body, and other methods with 405 and Allow.
func TestHTTPMethods(t *testing.T) {
	t.Parallel()
	info := serve(t)
	var http2 http.Protocols
	http2.SetUnencryptedHTTP2(true)
	clients := map[string]*http.Client{
		"sse":    {Timeout: 10 * time.Second},
		"sse-h2": {Timeout: 10 * time.Second, Transport: &http.Transport{Protocols: &http2}},
	}
	for _, c := range []struct {
		protocol, method, path string
		status                 int
		contentType, allow     string
	}{
		{"", "HEAD", "/stream", 200, "text/event-stream", ""},
		{"", "HEAD", "/stream/user", 200, "application/json", ""},
		{"", "HEAD", "/stream/user?token=x", 200, "text/event-stream", ""},
		{"", "HEAD", "/bench?pattern=push", 200, "text/event-stream", ""},
		{"", "HEAD", "/bench?pattern=no", 400, "text/plain; charset=utf-8", ""},
		{"", "HEAD", "/elsewhere", 404, "text/plain; charset=utf-8", ""},
		{"", "POST", "/stream", 405, "text/plain; charset=utf-8", "GET, HEAD"},
		{"", "PUT", "/bench", 405, "text/plain; charset=utf-8", "GET, HEAD, POST"},
		{"websocket", "HEAD", "/ws/alice", 405, "text/plain; charset=utf-8", "GET"},
		{"websocket", "POST", "/bench", 405, "text/plain; charset=utf-8", "GET"},
		{"control", "HEAD", "/stats", 200, "application/json", ""},
		{"control", "POST", "/", 405, "text/plain; charset=utf-8", "GET, HEAD"},
	} {
		protocols := []string{"sse", "sse-h2"}
		if c.protocol != "" {
			protocols = []string{c.protocol}
		}
		for _, protocol := range protocols {
			t.Run(protocol+" "+c.method+" "+c.path, func(t *testing.T) {
				address, client := info.Addresses[protocol], clients[protocol]
				if protocol == "control" {
					address = info.Control
				}
				if client == nil {
					client = clients["sse"]
				}
				request, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+address+c.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				response, err := client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if _, err := io.Copy(io.Discard, response.Body); err != nil {
					t.Fatal(err)
				}
				if response.StatusCode != c.status || response.Header.Get("Content-Type") != c.contentType || response.Header.Get("Allow") != c.allow {
					t.Errorf("got %d, %v", response.StatusCode, response.Header)
				}
			})
		}
	}
}

// echoes is a client written with Python's websockets. It prints the repr of each reply, or the
// close code.
const echoes = `
import asyncio, sys, websockets

async def main():
    async with websockets.connect(sys.argv[1]) as ws:
        for message in (b"\xff\xfe", "text", b"bytes", "äöü"):
            await ws.send(message)
            try:
                print(repr(await asyncio.wait_for(ws.recv(), 10)), flush=True)
            except websockets.ConnectionClosed as end:
                print(end.rcvd.code, flush=True)
                return

asyncio.run(main())
`

// A WebSocket echo keeps the message type. If messages must be text, a binary one closes the
// connection with code 1003.
func TestWebSocketMessageTypes(t *testing.T) {
	t.Parallel()
	python := thirdparty.Python(t, "websockets")
	const same = `b'\xff\xfe'|'text'|b'bytes'|'äöü'`
	for _, stack := range []string{"stock", "lean"} {
		info := serve(t, "--stack", stack, "--token-for", "alice")
		for path, want := range map[string]string{
			"/bench?pattern=echo":                          same,
			"/bench?pattern=echo&text=1":                   same,
			"/bench?pattern=echo&text=1&fault=delay%3D1ms": "1003",
			"/bench?pattern=upload&text=1":                 "1003",
			"/ws/alice":                                    "1003",
			"/ws/authenticated":                            "1003",
		} {
			if stack == "stock" && strings.HasPrefix(path, "/bench") {
				continue // its messages have the call's type
			}
			t.Run(stack+" "+path, func(t *testing.T) {
				t.Parallel()
				out, err := exec.CommandContext(t.Context(), python, "-c", echoes, "ws://"+info.Addresses["websocket"]+path).CombinedOutput()
				if got := strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "|"); err != nil || got != want {
					t.Errorf("got %s, %v, want %s", got, err, want)
				}
			})
		}
	}
}
