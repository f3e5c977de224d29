//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

// disconnecting starts servers of tcp lines and of WebSockets that echo four messages on each
// connection and close it at the fifth, without a reply. It counts the connections closed so.
func disconnecting(t *testing.T, closed *atomic.Uint64) (tcp, ws string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				lines := bufio.NewReader(c)
				for range 4 {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					_, _ = c.Write([]byte(line))
				}
				if _, err := lines.ReadString('\n'); err == nil {
					closed.Add(1)
				}
			}()
		}
	}()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for range 4 {
			kind, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			_ = c.Write(r.Context(), kind, b)
		}
		if _, _, err := c.Read(r.Context()); err == nil {
			closed.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	return "tcp://" + l.Addr().String(), strings.Replace(server.URL, "http", "ws", 1)
}

// A disconnect while a reply is outstanding is one message failed and one stream broken,
// whatever the protocol, and errors says so.
func TestADisconnectCountsTheSameOnEveryProtocol(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"tcp", "websocket"} {
		for model, load := range map[string]string{"open": "{rate: 50/s, connections: 2}", "closed": "{model: closed, connections: 2, think: 5ms}"} {
			t.Run(protocol+" "+model, func(t *testing.T) {
				t.Parallel()
				var closed atomic.Uint64
				tcp, ws := disconnecting(t, &closed)
				s := newSession(t, map[string]string{"s.yaml": `name: s
contract: own
target: {` + protocol + `: "` + map[string]string{"tcp": tcp, "websocket": ws}[protocol] + `"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
reconnect: true
load: ` + load + `
phases: {warmup: 0s, steady: 1s, drain: 1s}
thresholds: [errors == 0]
`})
				o := s.rtbench("run", "s.yaml", "--quiet", "--out", "r")
				r := o.only()
				n, broken := r.Counters, r.Whole().Errors["connection closed by the server"]
				if n.Lost == 0 || broken != closed.Load() || len(r.Whole().Closed) != 0 || r.Whole().Lost != broken {
					t.Errorf("the server closed %d connections; lost %d, streams broken %v, closed %v", closed.Load(), n.Lost, r.Whole().Errors, r.Whole().Closed)
				}
				if r.OtherPhases.Warmup != nil {
					t.Errorf("there is no warm-up, and messages are filed under it: %+v", *r.OtherPhases.Warmup)
				}
				wantOutcome(t, o, "errors == 0", false, fmt.Sprintf("errors = %d: ", n.ErrorCount()))
				wantOutcome(t, o, "errors == 0", false, "streams broke")
			})
		}
	}
}
