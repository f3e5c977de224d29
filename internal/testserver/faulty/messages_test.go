package faulty

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
)

// number returns an echo's id or an event's n, or −1.
func number(t *testing.T, p string) int {
	t.Helper()
	var m struct {
		ID, N *int
	}
	if err := json.Unmarshal([]byte(p), &m); err != nil {
		t.Errorf("%q: %v", p, err)
	}
	switch {
	case m.ID != nil:
		return *m.ID
	case m.N != nil:
		return *m.N
	}
	return -1
}

// expectedSends lists, by fault, the messages sent in place of message i. skip is how many of the
// following messages are already among them.
var expectedSends = map[string]func(i int) (sent []int, skip int){
	"none":                              func(i int) ([]int, int) { return []int{i}, 0 },
	"changes a byte of every tenth":     func(i int) ([]int, int) { return []int{i}, 0 },
	"stalls mid-stream":                 func(i int) ([]int, int) { return []int{i}, 0 },
	"sends all twice":                   func(i int) ([]int, int) { return []int{i, i}, 0 },
	"loses every tenth":                 tenthReplaced(),
	"sends every tenth twice":           func(i int) ([]int, int) { return append([]int{i}, tenthOf(i)...), 0 },
	"answers every tenth with an error": tenthReplaced(-1),
	"sends a notice before every tenth": func(i int) ([]int, int) {
		if (i+1)%Every == 0 {
			return []int{-1, i}, 0
		}
		return []int{i}, 0
	},
	"swaps every tenth with the next": func(i int) ([]int, int) {
		if (i+1)%Every == 0 {
			return []int{i + 1, i}, 1
		}
		return []int{i}, 0
	},
}

func tenthReplaced(instead ...int) func(int) ([]int, int) {
	return func(i int) ([]int, int) {
		if (i+1)%Every == 0 {
			return instead, 0
		}
		return []int{i}, 0
	}
}

func tenthOf(i int) []int {
	if (i+1)%Every == 0 {
		return []int{i}
	}
	return nil
}

// Exactly the messages named in the table are faulty, over every protocol, and the ledger's
// counts match the received messages.
func TestMessageFaults(t *testing.T) {
	t.Parallel()
	for _, f := range Table {
		turn, ok := expectedSends[f.Name]
		if !ok {
			continue
		}
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			s := Start(t, f)
			got := see(t, s)
			var came, want []int
			for _, p := range got.messages {
				came = append(came, number(t, p))
			}
			echo := !strings.HasPrefix(f.Protocol, "sse")
			planned := messageCount
			if !echo { // events continue until the client has enough
				planned = 2 * messageCount
			}
			for i := 0; i < planned; i++ {
				sent, skip := turn(i)
				want = append(want, sent...)
				i += skip
			}
			if echo && f.onMessage != nil && strings.HasPrefix(f.Name, "swaps") {
				want = slices.DeleteFunc(want, func(n int) bool { return n == messageCount }) // the last has no successor
			}
			if !echo {
				want = want[:min(len(want), len(came))]
			}
			if !slices.Equal(came, want) {
				t.Errorf("received %v, want %v", came, want)
			}
			l := s.Ledger()
			if echo && (l.Received != messageCount || l.Sent != len(came)) {
				t.Errorf("%d messages arrived; the ledger counts %d received and %d sent", len(came), l.Received, l.Sent)
			}
			if extra := strings.Count(strings.Join(got.messages, ""), "notice"); echo && l.Sent != l.Received-l.Dropped+l.Duplicated+extra {
				t.Errorf("the ledger does not add up: %+v", l)
			}
			checkEntries(t, l, came, echo)
		})
	}
}

// checkEntries compares the ledger's entries with the received messages.
func checkEntries(t *testing.T, l Ledger, came []int, echo bool) {
	t.Helper()
	var sent []int
	for _, e := range l.Messages {
		switch {
		case !strings.HasPrefix(e.Did, "sent"):
		case e.Did == "sent unsolicited" || e.Did == "sent an error":
			sent = append(sent, -1)
		default:
			sent = append(sent, e.Seq)
		}
	}
	if !echo {
		sent = sent[:min(len(sent), len(came))]
	}
	if !slices.Equal(sent, came) {
		t.Errorf("the entries list %v as sent, but %v arrived", sent, came)
	}
}

// Corruption changes one byte and keeps text and JSON valid.
func TestCorruptChangesOneByte(t *testing.T) {
	t.Parallel()
	for _, f := range []Fault{Find(t, "tcp", "changes a byte of every tenth"), Find(t, "grpc", "changes a byte of every tenth")} {
		got := see(t, Start(t, f))
		for i, p := range got.messages {
			var changed int
			for j := range p {
				if len(p) != len(said(i)) || p[j] != said(i)[j] {
					changed++
				}
			}
			if want := len(tenthOf(i)); changed != want {
				t.Errorf("message %d has %d bytes changed, want %d: %q", i, changed, want, p)
			}
		}
	}
}

// The delayed message arrives after messages that were received later.
func TestDelayedMessageIsOvertaken(t *testing.T) {
	t.Parallel()
	for _, protocol := range strings.Fields(allProtocols) {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			got := see(t, Start(t, Find(t, protocol, "sends one late")))
			at := slices.IndexFunc(got.messages, func(p string) bool { return number(t, p) == N/2 })
			switch echo := !strings.HasPrefix(protocol, "sse"); {
			case echo && at != messageCount-1:
				t.Errorf("the late message is at %d of %d", at, len(got.messages))
			case !echo && at >= 0 && at <= N/2:
				t.Errorf("the late event is at %d", at)
			}
		})
	}
}

// All streams receive a broadcast message; the ledger marks the copies.
func TestBroadcastReachesOthers(t *testing.T) {
	t.Parallel()
	for _, protocol := range strings.Fields(echoing) {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := Start(t, Find(t, protocol, "broadcasts to all streams"))
			ctx, cancel := context.WithTimeout(t.Context(), bound)
			defer cancel()
			heard := make(chan seen, 1)
			go func() { heard <- listen(ctx, t, s) }()
			if !s.Await(ctx, func(l *Ledger) bool { return l.Accepted == 1 }) {
				t.Fatal("the listener was not taken")
			}
			if got := see(t, s); len(got.messages) < messageCount {
				t.Errorf("the speaker: %v", got)
			}
			s.cut()
			if got := <-heard; len(got.messages) != messageCount {
				t.Errorf("the listener: %v", got)
			}
			l := s.Ledger()
			if l.FaultsDone != messageCount || l.Sent != 2*messageCount || l.Received != messageCount {
				t.Errorf("the ledger: %d faults, %d sent, %d received", l.FaultsDone, l.Sent, l.Received)
			}
		})
	}
}

// cut closes the server's open connections, for clients that only listen.
func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.CloseWrite()
	}
}

// The list of entries is bounded; the counters go on.
func TestLedgerIsBounded(t *testing.T) {
	t.Parallel()
	var l ledger
	l.changed = sync.NewCond(&l.mu)
	for range maxEntries + 10 {
		l.note(Entry{Got: strings.Repeat("a", 1000)}, func(l *Ledger) { l.Sent++ })
	}
	if len(l.Messages) != maxEntries || l.Sent != maxEntries+10 || len(l.Messages[0].Got) != maxText {
		t.Errorf("%d entries of %d bytes, %d sent", len(l.Messages), len(l.Messages[0].Got), l.Sent)
	}
	l.unsend(-1, errTooLong)
	if l.Sent != maxEntries+9 {
		t.Errorf("%d sent, with one taken back", l.Sent)
	}
}
