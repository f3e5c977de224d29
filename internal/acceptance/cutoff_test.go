//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rtbench/report/result"
)

// A sender that is behind when the drain is over stops: what it has not sent by then is not
// sent, and every message that it has sent is answered.
func TestSendersStopAtTheEndOfTheDrain(t *testing.T) {
	t.Parallel()
	for _, c := range []late{
		{"sse", "fastapi", "http", "", `
target: {sse: {url: 'SERVER/events?session=a', post: 'SERVER/messages?session=a'}}
pattern: echo
messages: '{"id":{{.RequestNumber}},"hold":50}'
match: {field: id}
load: {rate: 100/s, connections: 1}
`, 1},
		{"grpc unary", "node-grpc", "grpc", "/chat.v1.Chat/Ask", `
target: {grpc: SERVER/chat.v1.Chat/Ask}
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: after 50}}
match: {field: id}
load: {rate: 200/s, connections: 2}
`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rep, server := c.run(t, "phases: {warmup: 0s, steady: 1s, drain: 500ms}\n")
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

// A holder is a server of tcp lines that replies to each line when the next one comes, and to
// the last one when the client half-closes. It counts the lines of each direction.
type holder struct {
	address        string
	received, sent atomic.Uint64
}

func startHolder(t *testing.T) *holder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &holder{address: l.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { h.serve(nc) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	return h
}

func (h *holder) serve(nc net.Conn) {
	defer nc.Close()
	held := ""
	flush := func() {
		if held == "" {
			return
		}
		if _, err := fmt.Fprintln(nc, held); err == nil {
			h.sent.Add(1)
		}
	}
	for lines := bufio.NewScanner(nc); lines.Scan(); held = lines.Text() {
		h.received.Add(1)
		flush()
	}
	flush()
}

// A reply that the server sends when the client half-closes counts, though the drain is over:
// it is late and not lost.
func TestRepliesFlushedAtTheEndCount(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]string{
		"open loop": "rate: 100/s, connections: 3", "closed loop": "model: closed, connections: 3",
	} {
		for _, match := range []string{"{field: id}", "order"} {
			t.Run(name+", "+match, func(t *testing.T) {
				t.Parallel()
				h := startHolder(t)
				s := newSession(t, map[string]string{"flush.yaml": `name: flush
contract: own
target: {tcp: 'tcp://` + h.address + `'}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: ` + match + `
load: {` + load + `}
phases: {warmup: 0s, steady: 500ms, drain: 1s}
`})
				rep := s.rtbench("run", "flush.yaml", "--quiet", "--out", "r").result("r").Cells[0].Repetitions[0]
				n := rep.Whole() // the only message of a closed loop may be due before the steady phase
				if n.AllSent == 0 || n.AllReceived != n.AllSent || n.Lost != 0 || n.Recorded != n.Sent || n.AllSent != h.received.Load() || n.AllReceived != h.sent.Load() {
					t.Errorf("sent %d, received %d, lost %d; the server received %d and sent %d", n.AllSent, n.AllReceived, n.Lost, h.received.Load(), h.sent.Load())
				}
			})
		}
	}
}

// A server that stops reading from one of its streams fails: messages are not sent, which is no
// fault of the generator's.
func TestServerThatStopsReadingIsToBlame(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	ended := make(chan struct{})
	serving.Go(func() {
		for n := 0; ; n++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer nc.Close()
				if n == 0 {
					<-ended
				}
				for lines := bufio.NewReader(nc); ; {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					_, _ = nc.Write([]byte(line))
				}
			})
		}
	})
	t.Cleanup(func() { close(ended); _ = l.Close(); serving.Wait() })
	s := newSession(t, map[string]string{"stuck.yaml": `name: stuck
contract: own
target: {tcp: 'tcp://` + l.Addr().String() + `'}
pattern: echo
messages: {file: message.json}
match: {field: id}
load: {rate: 40/s, connections: 4}
phases: {warmup: 0s, steady: 1500ms, drain: 500ms}
thresholds: [{that: not_sent < 1}]
`, "message.json": `{"id":{{.RequestNumber}},"pad":"` + strings.Repeat("x", 400_000) + `"}`})
	o := s.rtbench("run", "stuck.yaml", "--quiet", "--out", "r").wantCode(99)
	rep := o.result("r").Cells[0].Repetitions[0]
	if n := rep.Counters; rep.Validity.Verdict != result.Suspect || n.NotSent == 0 || n.NotAttempted != 0 ||
		!strings.Contains(rep.Validity.Reasons[0], "the server did not accept the others") {
		t.Errorf("%+v; %+v", rep.Validity, n)
	}
}
