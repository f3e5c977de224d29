//go:build linux

package acceptance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"rtbench/internal/testrun"
)

// disconnecting starts a line server and a WebSocket server. They echo four messages per
// connection and close it at the fifth, without a reply. closed counts those connections.
func disconnecting(t *testing.T, closed *atomic.Uint64) (tcp, ws string) {
	t.Helper()
	address := lineServer(t, func(n int, line string) string {
		if n == 4 {
			closed.Add(1)
			return hangUp
		}
		return line
	})
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
	return "tcp://" + address, strings.Replace(server.URL, "http", "ws", 1)
}

// A disconnect with a reply outstanding is one failed message and one broken stream over every
// protocol, and the errors metric counts it.
func TestDisconnectCountsTheSameOnEveryProtocol(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, protocol := range []string{"tcp", "websocket"} {
		for model, load := range map[string]string{"open": "rate: 50/s, connections: 2", "closed": "model: closed, connections: 2, think: 5ms"} {
			t.Run(protocol+" "+model, func(t *testing.T) {
				t.Parallel()
				var closed atomic.Uint64
				tcp, ws := disconnecting(t, &closed)
				r, o := newSession(t, nil).measure(scenario{
					target: protocol + ": " + map[string]string{"tcp": tcp, "websocket": ws}[protocol],
					load:   load, phases: "warmup: 0s, steady: 1s, drain: 1s",
					more: numbered + "thresholds: [errors == 0]",
				})
				n, broken := r.Counters, r.AllPhases().Errors["connection closed by the server"]
				if model == "open" {
					broken += r.AllPhases().Errors["connection reset"] // an unread message turns the close into a reset
				}
				lost := r.AllPhases().Lost
				if model == "open" { // on a busy machine the next message may also be outstanding
					lost = min(lost, broken)
				}
				if n.Lost == 0 || broken != closed.Load() || len(r.AllPhases().Closed) != 0 || lost != broken {
					t.Errorf("the server closed %d connections; lost %d, streams broken %v, closed %v", closed.Load(), n.Lost, r.AllPhases().Errors, r.AllPhases().Closed)
				}
				if r.OtherPhases.Warmup != nil {
					t.Errorf("messages are counted under a warm-up that does not exist: %+v", *r.OtherPhases.Warmup)
				}
				o.wantThreshold("errors == 0", false, fmt.Sprintf("errors = %d: ", n.ErrorCount()))
				o.wantThreshold("errors == 0", false, "streams broke")
			})
		}
	}
}

// A disconnect during the drain, with a reply outstanding, is also one failed message and one
// broken stream.
func TestDisconnectInTheDrainBreaksTheStream(t *testing.T) {
	t.Parallel()
	for model, load := range map[string]string{"open": "rate: 20/s, connections: 1", "closed": "model: closed, connections: 1, think: 50ms"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			var first atomic.Int64
			address := lineServer(t, func(n int, line string) string {
				first.CompareAndSwap(0, time.Now().UnixNano())
				if n == 0 {
					return line
				}
				time.Sleep(time.Until(time.Unix(0, first.Load()).Add(time.Second))) // well after the steady phase
				return hangUp
			})
			r, _ := newSession(t, nil).measure(scenario{
				target: tcpTarget(address), load: load, phases: "warmup: 0s, steady: 600ms, drain: 5s", more: numbered,
			})
			whole := r.AllPhases()
			broken := whole.Errors["connection closed by the server"] + whole.Errors["connection reset"] // unread messages turn the close into a reset
			if whole.Lost == 0 || broken != 1 || len(whole.Closed) != 0 {
				t.Errorf("lost %d, streams broken %v, ended in order %v", whole.Lost, whole.Errors, whole.Closed)
			}
		})
	}
}
