package faulty

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// A Ledger records the actions of a server.
type Ledger struct {
	// Connections counts accepted connections, Handshakes completed TLS handshakes, and
	// Accepted opened streams: upgraded WebSockets, accepted event streams, gRPC calls or tcp
	// connections.
	Connections, Accepted, Handshakes int
	// Received counts incoming messages (POSTs over SSE), Sent outgoing ones. Without broken
	// streams or broadcasts an echo has Sent = Received − Dropped + Duplicated.
	Received, Sent, Dropped, Duplicated, Swapped, Corrupted int
	// FaultsDone counts how often the fault was injected.
	FaultsDone int
	// Tokens counts attempts to open a stream by bearer token; the key is empty without one.
	Tokens map[string]int
	// Resumed lists the requested Last-Event-IDs in order.
	Resumed []string
	// Messages lists the first 100,000 actions in order.
	Messages []Entry
}

// An Entry is one action of a server.
type Entry struct {
	// Conn and Stream count from 0. Stream is −1 if none was open.
	Conn, Stream int
	// Seq numbers the messages of a stream from 0, and events across streams. It is −1 if the
	// entry is not about a message.
	Seq int
	// Got holds the first 80 bytes of the incoming message or request.
	Got string
	// Did is the action, such as "sent" or "dropped", or the fault's name.
	Did string
}

// Ledger returns a copy of the server's ledger. It is safe for concurrent use. A message is in
// the ledger before a client can receive it.
func (s *Server) Ledger() Ledger {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	l := s.ledger.Ledger
	l.Tokens = maps.Clone(l.Tokens)
	l.Resumed = slices.Clone(l.Resumed)
	l.Messages = slices.Clone(l.Messages)
	return l
}

const (
	maxEntries = 100_000
	maxText    = 80
)

type ledger struct {
	mu      sync.Mutex
	changed *sync.Cond // uses mu
	Ledger
}

// Await waits until holds returns true. It returns false if the server stops or ctx ends first.
// holds must not keep or change the ledger, nor call the server.
func (s *Server) Await(ctx context.Context, holds func(*Ledger) bool) bool {
	wake := func() {
		s.ledger.mu.Lock()
		defer s.ledger.mu.Unlock()
		s.ledger.changed.Broadcast()
	}
	defer context.AfterFunc(ctx, wake)()
	defer context.AfterFunc(s.ctx, wake)()
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for !holds(&s.ledger.Ledger) {
		if ctx.Err() != nil || s.ctx.Err() != nil {
			return false
		}
		s.ledger.changed.Wait()
	}
	return true
}

// count changes the counters.
func (l *ledger) count(change func(*Ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
	change(&l.Ledger)
}

// note appends an entry, changes the counters and returns the entry's index, or -1 if the list
// is full.
func (l *ledger) note(e Entry, change func(*Ledger)) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
	change(&l.Ledger)
	if len(l.Messages) == maxEntries {
		return -1
	}
	e.Got = e.Got[:min(len(e.Got), maxText)]
	l.Messages = append(l.Messages, e)
	return len(l.Messages) - 1
}

// unsend marks an entry's message as not sent.
func (l *ledger) unsend(entry int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Sent--
	if entry >= 0 {
		l.Messages[entry].Did = "not sent: " + err.Error()
	}
}

func faultDone(l *Ledger) { l.FaultsDone++ }
