//go:build linux

package thirdparty

import (
	"io"
	"testing"
	"time"
)

// Counts records the activity of a server.
type Counts struct {
	// Connections counts opened WebSockets, event streams and gRPC calls.
	Connections int `json:"connections"`
	// Received and Sent count messages and their payload bytes: UTF-8 text, an encoded gRPC
	// message, or the data of an event. Sent counts messages passed to the library on an open
	// connection; if the connection breaks, some of them do not arrive.
	Received      int `json:"received"`
	Sent          int `json:"sent"`
	ReceivedBytes int `json:"received_bytes"`
	SentBytes     int `json:"sent_bytes"`
	// Closed counts ended connections by WebSocket close code (RFC 6455), gRPC status name, or,
	// for event streams, "end" (all sent) or "gone" (the client disconnected). A canceled call
	// of Talk or Collect may count as OK because the libraries end the request stream before
	// they report the cancellation.
	Closed map[string]int `json:"closed"`
	// Refused counts refused connections by HTTP status or gRPC status name.
	Refused map[string]int `json:"refused"`
}

// A Ledger holds a server's counts, in total and by route: a path, or a gRPC method.
type Ledger struct {
	Counts
	Routes map[string]Counts `json:"routes"`
	// Open counts connections whose counts are not final.
	Open int `json:"open"`
	// Pings counts pings sent by node-ws, Pongs the pongs received.
	Pings int `json:"pings"`
	Pongs int `json:"pongs"`
	// Pinged counts the pings that node-ws received.
	Pinged int `json:"pinged"`
	// Kinds counts the messages to /session of node-ws by "op".
	Kinds map[string]int `json:"kinds"`
}

// Ledger waits until no connection is open, so that the counts are final, and returns them. The
// test fails if that takes more than 20 s. It is not safe for concurrent use.
func (s *Server) Ledger(t testing.TB) (l Ledger) {
	t.Helper()
	within(t, s.Name+" still has open connections", func() bool {
		l = s.Peek(t)
		return l.Open == 0
	})
	return l
}

// within waits until ready returns true. The test fails with complaint if that takes more than
// patience.
func within(t testing.TB, complaint string, ready func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; !ready(); pause = min(2*pause, 100*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s after %v", complaint, patience)
		}
		time.Sleep(pause)
	}
}

// Peek returns the current counts. It is not safe for concurrent use.
func (s *Server) Peek(t testing.TB) Ledger {
	t.Helper()
	if _, err := io.WriteString(s.counting.stdin, "ledger\n"); err != nil {
		t.Fatalf("requesting the ledger of %s: %v", s.Name, err)
	}
	var said struct{ Ledger Ledger }
	s.counting.line(t, &said)
	return said.Ledger
}
