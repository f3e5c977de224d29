// Package guide serves the contract of the guide to real-time APIs: its chat rooms
// and sessions over WebSocket, its event streams over SSE, its DataStreamService. It
// is given connections by package server, which knows how each protocol opens them,
// and is what a client written from the guide talks to; the neutral workload by which
// protocols are compared is not here.
package guide

import (
	"context"
	"sync"
	"time"

	"rtbench/proto"
)

// Config bounds what clients may do. The zero value of a field is its default.
type Config struct {
	// Heartbeat is how often each WebSocket client is sent one; default 30 s.
	Heartbeat time.Duration
	// Interval is the time between two events of an event stream; default 1 s.
	Interval time.Duration
	// Patience bounds how long a client may take over what it owes: its first message
	// with a token, and reading what it is sent; default 10 s.
	Patience time.Duration
	// Queue is how many messages may wait for a client of a room. One that reads so
	// slowly that more would wait is disconnected, so that the others do not wait for
	// it; default 256.
	Queue int
	// MaxMessage is the longest message taken from a client, over WebSocket and gRPC, in
	// bytes; default 64 KiB, at most proto.MaxSize.
	MaxMessage int
	// MaxClients is how many WebSocket clients and event streams there may be, each;
	// default 20,000.
	MaxClients int
	// Replay is how many past events are held for a client that reconnects; default
	// 1,000.
	Replay int
	// TokenLife is how long a token is good; default 1 h.
	TokenLife time.Duration
}

func (c Config) withDefaults() Config {
	setDefault(&c.Heartbeat, 30*time.Second)
	setDefault(&c.Interval, time.Second)
	setDefault(&c.Patience, 10*time.Second)
	setDefault(&c.Queue, 256)
	setDefault(&c.MaxMessage, 64<<10)
	setDefault(&c.MaxClients, proto.DefaultStreams)
	setDefault(&c.Replay, 1000)
	setDefault(&c.TokenLife, time.Hour)
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// A Guide is the state of the guide's servers: who is in the room, and the key of the
// tokens. Its methods may be called from any goroutine.
type Guide struct {
	// Tokens signs and checks this server's tokens.
	Tokens *Tokens

	cfg      Config
	chat     room // of /ws/{client_id}
	sessions room // of /ws/authenticated
	streams  counter

	ctx          context.Context // ends when Close begins
	cancel       context.CancelFunc
	heartbeats   sync.WaitGroup
	eventWriters sync.WaitGroup // event streams that are still to say that they close
}

// New returns a Guide that beats until Close.
func New(cfg Config) *Guide {
	cfg = cfg.withDefaults()
	g := &Guide{cfg: cfg, Tokens: newTokens(cfg.TokenLife)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.chat.limit, g.sessions.limit, g.streams.limit = cfg.MaxClients, cfg.MaxClients, cfg.MaxClients
	g.heartbeats.Go(g.sendHeartbeats)
	return g
}

// Patience is the time that a client may take to read an event.
func (g *Guide) Patience() time.Duration { return g.cfg.Patience }

// sendHeartbeats sends the heartbeats.
func (g *Guide) sendHeartbeats() {
	tick := time.NewTicker(g.cfg.Heartbeat)
	defer tick.Stop()
	beat := frame(heartbeat{Type: "heartbeat"})
	for {
		select {
		case <-tick.C:
			g.chat.broadcast(beat)
			g.sessions.broadcast(beat)
		case <-g.ctx.Done():
			return
		}
	}
}

// Close tells every WebSocket client and every event stream that it closes, and returns
// when that has been written, or after a second: who does not read does not hold up the
// others. Whoever gave the connections closes them then.
func (g *Guide) Close() {
	chat, sessions := g.chat.close(), g.sessions.close()
	g.streams.close()
	g.cancel()
	g.heartbeats.Wait()
	told := make(chan struct{})
	go func() {
		defer close(told)
		g.eventWriters.Wait()
		chat()
		sessions()
	}()
	select {
	case <-told:
	case <-time.After(time.Second):
	}
}

// A counter counts up to a limit, until it is closed.
type counter struct {
	mu     sync.Mutex
	n      int
	limit  int
	closed bool
}

// add returns false at the limit, and when closed. begun is called before anyone can
// close it.
func (c *counter) add(begun func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.n >= c.limit {
		return false
	}
	c.n++
	begun()
	return true
}

func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
}

func (c *counter) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}
