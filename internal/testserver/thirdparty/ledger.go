//go:build linux

package thirdparty

import (
	"io"
	"testing"
	"time"
)

// Counts are what a server did.
type Counts struct {
	// Connections are those opened: WebSockets, event streams, calls of gRPC.
	Connections int `json:"connections"`
	// Received and Sent are messages, and their payload in bytes: text as UTF-8, a gRPC
	// message encoded, of an event its data. Sent is what was given to the library while it
	// was open: where a connection breaks, not all of it arrives.
	Received      int `json:"received"`
	Sent          int `json:"sent"`
	ReceivedBytes int `json:"received_bytes"`
	SentBytes     int `json:"sent_bytes"`
	// Closed is how connections ended: by the code of a WebSocket's close (RFC 6455), by the
	// name of a gRPC status, and of event streams "end" (all sent) or "gone" (the client
	// went). A call of Talk or Collect that is cancelled may count as OK: the libraries end
	// its reading before they tell why.
	Closed map[string]int `json:"closed"`
	// Refused is what was not opened, by HTTP status or the name of a gRPC status.
	Refused map[string]int `json:"refused"`
}

// A Ledger is what a server counted, in all and by route: a path, or a method of gRPC.
type Ledger struct {
	Counts
	Routes map[string]Counts `json:"routes"`
	// Open are the connections whose counts are not final.
	Open int `json:"open"`
	// Pings and Pongs are node-ws's, sent and answered.
	Pings int `json:"pings"`
	Pongs int `json:"pongs"`
}

// Ledger waits until nothing is open at the server, so that its counts are final, and
// returns them. The test fails if that takes more than 20 s. Not for concurrent use.
func (s *Server) Ledger(t testing.TB) Ledger {
	t.Helper()
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		l := s.Peek(t)
		if l.Open == 0 {
			return l
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has %d connections open for %v, expected none", s.Name, l.Open, patience)
		}
		time.Sleep(pause)
	}
}

// Peek returns the counts as they are at this moment. Not for concurrent use.
func (s *Server) Peek(t testing.TB) Ledger {
	t.Helper()
	if _, err := io.WriteString(s.counting.stdin, "ledger\n"); err != nil {
		t.Fatalf("asking %s for its ledger: %v", s.Name, err)
	}
	var said struct{ Ledger Ledger }
	s.counting.line(t, &said)
	return said.Ledger
}
