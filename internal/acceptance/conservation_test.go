//go:build linux

package acceptance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/loadgen/foreign"
	"rtbench/report/result"
)

// accounted is how many of the messages received a result accounts for.
func accounted(r *result.Repetition) uint64 {
	n := r.Whole()
	return n.AllReceived + n.Duplicates + n.Corrupt + n.Unmatched + n.After
}

// Every message that a server sends is counted once: as a reply, a duplicate or unmatched. A heartbeat may carry the number of a message that was answered before.
func TestEveryMessageReceivedIsCounted(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	const ids = `messages: '{"id":{{.RequestNumber}},"text":"a"}'` + "\n"
	for _, c := range []struct {
		name, scenario string
		noise          uint64 // how many of the three heartbeats are unmatched
		replies        bool   // heartbeats are taken for replies
	}{
		{name: "field", scenario: ids + "match: {field: id}\n", noise: 2},
		{name: "field and expect", scenario: ids + "match: {field: id}\nexpect: {field: text}\n", noise: 2},
		{name: "field and ignore", scenario: ids + "match: {field: id}\nignore: [{field: type, is: hb}]\n", noise: 3},
		{name: "header", scenario: "match: header\n", noise: 3},
		{name: "order", scenario: ids + "match: order\n", replies: true},
		{name: "order and ignore", scenario: ids + "match: order\nignore: [{field: type, is: hb}]\n", noise: 3},
		{name: "none", scenario: ids + "match: none\n", replies: true},
	} {
		for load, text := range map[string]string{"open": "{rate: 50/s, connections: 2}", "closed": "{model: closed, connections: 2, think: 20ms}"} {
			if load == "closed" && c.replies {
				continue // which needs replies that can be told apart
			}
			before := server.Ledger(t).Routes["/noise"]
			r, o := newSession(t, nil).runScenario(t, `name: s
target: {websocket: "`+server.URL("ws", "/noise")+`"}
pattern: echo
`+c.scenario+`load: `+text+`
phases: {warmup: 200ms, steady: 400ms, drain: 2s}
`)
			after := server.Ledger(t).Routes["/noise"]
			sent, received := uint64(after.Sent-before.Sent), uint64(after.Received-before.Received)
			n, got := r.Whole(), accounted(r)
			t.Logf("%s, %s loop: sent %d, the server received %d; it sent %d, accounted for %d: %d recorded, %d duplicates, %d unmatched, %d after",
				c.name, load, n.AllSent, received, sent, got, n.Recorded, n.Duplicates, n.Unmatched, n.After)
			if n.AllSent != received || received == 0 {
				t.Errorf("%s, %s loop: sent %d, the server received %d", c.name, load, n.AllSent, received)
			}
			if c.replies { // the last ones may come when no reply is waited for any more
				if got > sent || sent-got > 2*3 {
					t.Errorf("%s, %s loop: %d accounted for, the server sent %d: %+v", c.name, load, got, sent, n)
				}
				continue
			}
			if got != sent || n.Unmatched < c.noise*received || n.Unmatched > c.noise*received+2 || n.Recorded != received {
				t.Errorf("%s, %s loop: %d accounted for, the server sent %d: %+v\n%s", c.name, load, got, sent, n, o.Stdout)
			}
		}
	}
}

// The same of messages that a server sends by itself. One that violates expect has failed, and
// is not lost as well.
func TestEveryPushedMessageIsCounted(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "python-websockets")
	for _, c := range []struct {
		name, scenario                     string
		duplicates, unmatched, wrong, lost uint64 // of each stream
	}{
		{name: "none"},
		{name: "none and ignore", scenario: "ignore: [{field: type, is: hb}]\n", unmatched: 40},
		{name: "field", scenario: "match: {field: seq}\n", duplicates: 1, unmatched: 40, lost: 1},
		{name: "field and expect", scenario: "match: {field: seq}\nexpect: {field: text, is: ok}\n", duplicates: 1, unmatched: 40, lost: 1, wrong: 5},
		{name: "field, stamp and expect", scenario: "match: {field: seq}\nstamp: {field: ts, unit: us}\nexpect: {field: text, is: ok}\n", duplicates: 1, unmatched: 40, lost: 1, wrong: 5},
	} {
		before := server.Ledger(t).Routes["/feed/noise"].Sent
		r, o := newSession(t, nil).runScenario(t, `name: s
target: {websocket: "`+server.URL("ws", "/feed/noise")+`"}
pattern: push
`+c.scenario+`load: {connections: 2}
phases: {warmup: 0s, steady: 2s, drain: 1s}
reconnect: false
`)
		sent := uint64(server.Ledger(t).Routes["/feed/noise"].Sent - before)
		n, got := r.Whole(), accounted(r)
		t.Logf("%s: the server sent %d, accounted for %d: %d received, %d recorded, %d duplicates, %d unmatched, %d failed, %d lost",
			c.name, sent, got, n.AllReceived, n.Recorded, n.Duplicates, n.Unmatched, n.Failed, n.Lost)
		if got != sent || n.Duplicates != 2*c.duplicates || n.Unmatched != 2*c.unmatched || n.Lost != 2*c.lost || n.ErrorReplies != 2*c.wrong || n.Failed != 2*(c.wrong+c.lost) {
			t.Errorf("%s: %d accounted for, the server sent %d: %+v\n%s", c.name, got, sent, n, o.Stdout)
		}
	}
}

// beatingServer answers each line but the last of n, and then repeats its first reply 150 times.
// It counts what it sends, and waits for the client to go.
func beatingServer(t *testing.T, n int) (address string, sent *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	sent = &atomic.Int64{}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in, first := bufio.NewScanner(c), ""
		for i := 0; i < n && in.Scan(); i++ {
			if first == "" {
				first = in.Text()
			}
			if i == n-1 {
				break
			}
			if _, err := fmt.Fprintln(c, in.Text()); err != nil {
				return
			}
			sent.Add(1)
		}
		for range 150 {
			if _, err := fmt.Fprintln(c, first); err != nil {
				return
			}
			sent.Add(1)
			time.Sleep(2 * time.Millisecond)
		}
		_, _ = io.Copy(io.Discard, c)
	}()
	return l.Addr().String(), sent
}

// What repeats an earlier reply while a lost one is waited for is counted as duplicates.
func TestRepeatedRepliesWhileOneIsLost(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]string{"open": "{rate: 100/s}", "closed": "{model: closed, think: 10ms}"} {
		address, sent := beatingServer(t, 20)
		r, _ := newSession(t, nil).runScenario(t, `name: s
target: {tcp: "tcp://`+address+`"}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
load: `+load+`
phases: {warmup: 0s, steady: 1s, drain: 1s}
`)
		n, got := r.Whole(), accounted(r)
		t.Logf("%s loop: the server sent %d, accounted for %d: %d recorded, %d duplicates", name, sent.Load(), got, n.Recorded, n.Duplicates)
		if n.Recorded != 19 || n.Lost == 0 || n.Duplicates != 150 || got != uint64(sent.Load()) {
			t.Errorf("%s loop: %d accounted for, the server sent %d: %+v", name, got, sent.Load(), n)
		}
	}
}
