package faulty

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// A Ledger is what a server itself saw and did.
type Ledger struct {
	// Connections were taken, Handshakes of TLS finished on them, and Accepted streams opened:
	// a WebSocket upgraded, a request for events answered with them, a gRPC call begun, a
	// connection of tcp.
	Connections, Accepted, Handshakes int
	// Received are the messages that came (over SSE: POSTs), Sent those that went out. Of an
	// echo Sent = Received − Dropped + Duplicated, with nothing broken and nobody else's.
	Received, Sent, Dropped, Duplicated, Swapped, Corrupted int
	// FaultsDone counts how often the fault was done.
	FaultsDone int
	// Tokens counts the attempts to open a stream by the bearer token shown; empty for none.
	Tokens map[string]int
	// Resumed are the Last-Event-IDs that were asked for, in turn.
	Resumed []string
	// Messages are what came and what was done, in turn: the first 100,000.
	Messages []Entry
}

// An Entry is one thing that a server did.
type Entry struct {
	// Conn and Stream count from 0; Stream is −1 where none was open.
	Conn, Stream int
	// Seq counts a stream's messages from 0, and is an event's number; −1: no message.
	Seq int
	// Got is the message or request that came, its first 80 bytes.
	Got string
	// Did is what was done: sent, dropped …, or the fault's name.
	Did string
}

// Ledger returns what the server has done until now. It may be called at any time, by any
// goroutine; the copy is the caller's. A message is in it before a client can have it.
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
	changed *sync.Cond // with mu
	Ledger
}

// Await waits until something holds of the ledger, and returns false if the server stopped
// or the context ended before. holds must neither keep nor change what it is given, nor call
// the server.
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

// count changes the figures.
func (l *ledger) count(change func(*Ledger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
	change(&l.Ledger)
}

// note enters what was done, changes the figures, and returns which entry it is.
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

// unsend takes back that an entry's message was sent.
func (l *ledger) unsend(entry int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Sent--
	if entry >= 0 {
		l.Messages[entry].Did = "not sent: " + err.Error()
	}
}

func faultDone(l *Ledger) { l.FaultsDone++ }
