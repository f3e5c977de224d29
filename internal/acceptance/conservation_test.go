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

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// accounted returns the number of received messages in a result.
func accounted(r *result.Repetition) uint64 {
	n := r.AllPhases()
	return n.AllReceived + n.Duplicates + n.Corrupt + n.Unmatched + n.Ignored + n.After
}

// Every message from a server is counted once: as a reply, a duplicate, unmatched or ignored. A
// heartbeat may carry the number of a message already answered.
func TestEveryMessageReceivedIsCounted(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	const ids = `messages: '{"id":{{.RequestNumber}},"text":"a"}'` + "\n"
	for _, c := range []struct {
		name, scenario string
		noise          uint64 // how many of the three heartbeats are unmatched or ignored
		replies        bool   // heartbeats are counted as replies
	}{
		{name: "field", scenario: ids + "match: {field: id}\n", noise: 2},
		{name: "field and expect", scenario: ids + "match: {field: id}\nexpect: {field: text}\n", noise: 2},
		{name: "field and ignore", scenario: ids + "match: {field: id}\nignore: [{field: type, is: hb}]\n", noise: 3},
		{name: "header", scenario: "match: header\n", noise: 3},
		{name: "order", scenario: ids + "match: order\n", replies: true},
		{name: "order and ignore", scenario: ids + "match: order\nignore: [{field: type, is: hb}]\n", noise: 3},
		{name: "none", scenario: ids + "match: none\n", replies: true},
	} {
		for load, text := range map[string]string{"open": "rate: 50/s, connections: 2", "closed": "model: closed, connections: 2, think: 20ms"} {
			if load == "closed" && c.replies {
				continue // heartbeats look like replies
			}
			before := server.Ledger(t).Routes["/noise"]
			r, o := newSession(t, nil).measure(scenario{
				target: webSocketTarget(server, "/noise"), load: text,
				phases: "warmup: 200ms, steady: 400ms, drain: 2s", more: c.scenario,
			})
			after := server.Ledger(t).Routes["/noise"]
			sent, received := uint64(after.Sent-before.Sent), uint64(after.Received-before.Received)
			n, got := r.AllPhases(), accounted(r)
			t.Logf("%s, %s loop: sent %d, the server received %d; it sent %d, accounted for %d: %d recorded, %d duplicates, %d unmatched, %d after",
				c.name, load, n.AllSent, received, sent, got, n.Recorded, n.Duplicates, n.Unmatched, n.After)
			if n.AllSent != received || received == 0 {
				t.Errorf("%s, %s loop: sent %d, the server received %d", c.name, load, n.AllSent, received)
			}
			if c.replies { // the last heartbeats may arrive after the last reply
				if got > sent || sent-got > 2*3 {
					t.Errorf("%s, %s loop: %d accounted for, the server sent %d: %+v", c.name, load, got, sent, n)
				}
				continue
			}
			if got != sent || n.Unmatched+n.Ignored < c.noise*received || n.Unmatched+n.Ignored > c.noise*received+2 || n.Recorded != received {
				t.Errorf("%s, %s loop: %d accounted for, the server sent %d: %+v\n%s", c.name, load, got, sent, n, o.Stdout)
			}
		}
	}
}

// Every pushed message is counted once. One that violates expect has failed and is not also
// lost.
func TestEveryPushedMessageIsCounted(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	for _, c := range []struct {
		name, scenario                              string
		duplicates, unmatched, ignored, wrong, lost uint64 // per stream
	}{
		{name: "none"},
		{name: "none and ignore", scenario: "ignore: [{field: type, is: hb}]\n", ignored: 40},
		{name: "field", scenario: "match: {field: seq}\n", duplicates: 1, unmatched: 40, lost: 1},
		{name: "field and expect", scenario: "match: {field: seq}\nexpect: {field: text, is: ok}\n", duplicates: 1, unmatched: 40, lost: 1, wrong: 5},
		{name: "field, stamp and expect", scenario: "match: {field: seq}\nstamp: {field: ts, unit: us}\nexpect: {field: text, is: ok}\n", duplicates: 1, unmatched: 40, lost: 1, wrong: 5},
	} {
		before := server.Ledger(t).Routes["/feed/noise"].Sent
		r, o := newSession(t, nil).measure(scenario{
			pattern: "push", target: webSocketTarget(server, "/feed/noise"), load: "connections: 2",
			phases: "warmup: 0s, steady: 1s, drain: 1s", more: c.scenario + "reconnect: none",
		})
		sent := uint64(server.Ledger(t).Routes["/feed/noise"].Sent - before)
		n, got := r.AllPhases(), accounted(r)
		t.Logf("%s: the server sent %d, accounted for %d: %d received, %d recorded, %d duplicates, %d unmatched, %d failed, %d lost",
			c.name, sent, got, n.AllReceived, n.Recorded, n.Duplicates, n.Unmatched, n.Failed, n.Lost)
		if got != sent || n.Duplicates != 2*c.duplicates || n.Unmatched != 2*c.unmatched || n.Ignored != 2*c.ignored || n.Lost != 2*c.lost || n.ErrorReplies != 2*c.wrong || n.Failed != 2*(c.wrong+c.lost) {
			t.Errorf("%s: %d accounted for, the server sent %d: %+v\n%s", c.name, got, sent, n, o.Stdout)
		}
	}
}

// beatingServer answers every line except the last of n, then repeats its first reply 150
// times, slowly enough that the client waits. It counts the lines it sends.
func beatingServer(t *testing.T, n int) (address string, sent *atomic.Int64) {
	t.Helper()
	sent = &atomic.Int64{}
	return listen(t).serve(func(_ int, c net.Conn) {
		var first string
		send := func(line string) {
			if _, err := fmt.Fprintln(c, line); err == nil {
				sent.Add(1)
			}
		}
		in := bufio.NewScanner(c)
		for i := 0; i < n && in.Scan(); i++ {
			switch i {
			case 0:
				first = in.Text()
				send(first)
			case n - 1:
			default:
				send(in.Text())
			}
		}
		paced(150, 2*time.Millisecond, func() { send(first) })
		_, _ = io.Copy(io.Discard, c) // until the client closes
	}), sent
}

// Repeats of an earlier reply are duplicates even while the client waits for a lost one.
func TestRepeatedRepliesWhileOneIsLost(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, load := range map[string]string{"open": "rate: 100/s", "closed": "model: closed, think: 10ms"} {
		address, sent := beatingServer(t, 20)
		r, _ := newSession(t, nil).measure(scenario{
			target: tcpTarget(address), load: load, phases: "warmup: 0s, steady: 1s, drain: 1s", more: numbered,
		})
		n, got := r.AllPhases(), accounted(r)
		t.Logf("%s loop: the server sent %d, accounted for %d: %d recorded, %d duplicates", name, sent.Load(), got, n.Recorded, n.Duplicates)
		if n.Recorded != 19 || n.Lost == 0 || n.Duplicates != 150 || got != uint64(sent.Load()) {
			t.Errorf("%s loop: %d accounted for, the server sent %d: %+v", name, got, sent.Load(), n)
		}
	}
}
