//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"rtbench/internal/testrun"
)

// A sender still behind at the end of the drain stops: the remaining messages are not sent, and
// every message sent is answered.
func TestSendersStopAtTheEndOfTheDrain(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []late{
		{
			name: "sse", server: "fastapi", target: sessionTarget, load: "rate: 100/s, connections: 1",
			more: "match: {field: id}\nmessages: '{\"id\":{{.RequestNumber}},\"hold\":50}'",
		},
		{
			name: "grpc unary", server: "node-grpc", target: reflected("Ask"), load: "rate: 200/s, connections: 2",
			more: "match: {field: id}\nmessages: {json: {id: '{{.RequestNumber}}', text: after 50}}",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rep, server := c.run(t, "warmup: 0s, steady: 1s, drain: 500ms")
			n, l := rep.Counters, server.Ledger(t).Counts
			if n.Sent != uint64(l.Received) || n.Recorded != uint64(l.Sent) || n.Lost != 0 {
				t.Errorf("the client sent %d, recorded %d and lost %d; the server received %d and sent %d", n.Sent, n.Recorded, n.Lost, l.Received, l.Sent)
			}
			if n.NotSent == 0 || n.Sent+n.NotSent != n.Planned || n.NotAttempted != 0 || n.Waited < n.NotSent {
				t.Errorf("planned %d, sent %d, not sent %d, waited %d, not attempted %d", n.Planned, n.Sent, n.NotSent, n.Waited, n.NotAttempted)
			}
		})
	}
}

// A holder is a line server that replies to each line when the next one arrives, and to the
// last one when the client half-closes. It counts the lines in each direction.
type holder struct {
	address        string
	received, sent atomic.Uint64
}

func startHolder(t *testing.T) *holder {
	h := &holder{}
	h.address = listen(t).serve(func(_ int, c net.Conn) {
		var held string
		flush := func() {
			if held == "" {
				return
			}
			if _, err := fmt.Fprintln(c, held); err == nil {
				h.sent.Add(1)
			}
		}
		for lines := bufio.NewScanner(c); lines.Scan(); held = lines.Text() {
			h.received.Add(1)
			flush()
		}
		flush()
	})
	return h
}

// A reply that the server sends when the client half-closes counts, although the drain is over.
func TestRepliesFlushedAtTheEndCount(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, load := range map[string]string{
		"open loop": "rate: 100/s, connections: 3", "closed loop": "model: closed, connections: 3",
	} {
		for _, match := range []string{"{field: id}", "order"} {
			t.Run(name+", "+match, func(t *testing.T) {
				t.Parallel()
				h := startHolder(t)
				r, _ := newSession(t, nil).measure(scenario{
					target: tcpTarget(h.address), load: load, phases: "warmup: 0s, steady: 500ms, drain: 1s",
					more: "messages: '{\"id\":{{.RequestNumber}}}'\nmatch: " + match,
				})
				n := r.AllPhases() // the only message of a closed loop may be due before the steady phase
				if n.AllSent == 0 || n.AllReceived != n.AllSent || n.Lost != 0 || n.Recorded != n.Sent || n.AllSent != h.received.Load() || n.AllReceived != h.sent.Load() {
					t.Errorf("sent %d, received %d, lost %d; the server received %d and sent %d", n.AllSent, n.AllReceived, n.Lost, h.received.Load(), h.sent.Load())
				}
			})
		}
	}
}

// If a server stops reading, messages that could not be sent are its failure, not the
// generator's.
func TestServerThatStopsReading(t *testing.T) {
	t.Parallel()
	ended := t.Context().Done()
	address := listen(t).serve(func(n int, c net.Conn) {
		if n == 0 {
			<-ended
			return
		}
		_, _ = io.Copy(c, c)
	})
	s := newSession(t, map[string]string{"message.json": `{"id":{{.RequestNumber}},"pad":"` + strings.Repeat("x", 400_000) + `"}`})
	rep, o := s.measure(scenario{
		target: tcpTarget(address), load: "rate: 40/s, connections: 4", phases: "warmup: 0s, steady: 1500ms, drain: 500ms",
		more: "messages: {file: message.json}\nmatch: {field: id}\nthresholds: [{condition: not_sent < 1}]",
	})
	o.wantCode(99)
	if n := rep.Counters; rep.Validity.Discarded || n.NotSent == 0 || n.NotAttempted != 0 ||
		!strings.Contains(strings.Join(rep.Validity.Reasons(), "\n"), "the server did not accept the others") {
		t.Errorf("%+v; %+v", rep.Validity, n)
	}
}
