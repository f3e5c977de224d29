// Package guide serves the API of the guide to real-time APIs: chat rooms and sessions
// over WebSocket, event streams over SSE, and the DataStreamService over gRPC. Package
// server opens the connections and passes them on. A client written from the guide can
// talk to it.
package guide

import (
	"cmp"
	"context"
	"sync"
	"time"

	"rtbench/proto"
)

// Config limits the clients. The zero value of a field means its default.
type Config struct {
	// Heartbeat is the interval of heartbeats to each WebSocket client; default 30 s.
	Heartbeat time.Duration
	// Interval is the interval of events in a stream; default 1 s.
	Interval time.Duration
	// Patience bounds the time that a client takes to send its token and to read
	// messages; default 10 s.
	Patience time.Duration
	// Queue limits the messages queued for a member of a room. Slower members are
	// disconnected, so that they do not delay the others; default 256.
	Queue int
	// MaxMessage limits a client's message over WebSocket and gRPC in bytes; default 64
	// KiB, at most proto.MaxSize.
	MaxMessage int
	// MaxClients limits the WebSocket clients of each room and the event streams; default
	// 20,000.
	MaxClients int
	// Replay limits the past events replayed after a reconnect; default 1,000.
	Replay int
	// TokenLife is the validity of a token; default 1 h.
	TokenLife time.Duration
}

// WithDefaults returns the configuration with the defaults of settings that are 0.
func (c Config) WithDefaults() Config {
	c.Heartbeat = cmp.Or(max(0, c.Heartbeat), 30*time.Second)
	c.Interval = cmp.Or(max(0, c.Interval), time.Second)
	c.Patience = cmp.Or(max(0, c.Patience), 10*time.Second)
	c.Queue = cmp.Or(max(0, c.Queue), 256)
	c.MaxMessage = cmp.Or(max(0, c.MaxMessage), 64<<10)
	c.MaxClients = cmp.Or(max(0, c.MaxClients), proto.DefaultStreams)
	c.Replay = cmp.Or(max(0, c.Replay), 1000)
	c.TokenLife = cmp.Or(max(0, c.TokenLife), time.Hour)
	return c
}

// A Guide holds the state of the guide API: its rooms and the key of its tokens. Its
// methods may be called from any goroutine.
type Guide struct {
	// Tokens signs and verifies tokens.
	Tokens *Tokens

	cfg      Config
	chat     room // of /ws/{client_id}
	sessions room // of /ws/authenticated
	streams  counter

	ctx        context.Context // ends when Close begins
	cancel     context.CancelFunc
	heartbeats sync.WaitGroup
}

// New returns a Guide, which sends heartbeats until Close.
func New(cfg Config) *Guide {
	cfg = cfg.WithDefaults()
	g := &Guide{cfg: cfg, Tokens: newTokens(cfg.TokenLife)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.chat.limit, g.sessions.limit, g.streams.limit = cfg.MaxClients, cfg.MaxClients, cfg.MaxClients
	g.heartbeats.Go(g.sendHeartbeats)
	return g
}

// Patience returns the time that a client may take to read an event.
func (g *Guide) Patience() time.Duration { return g.cfg.Patience }

// sendHeartbeats sends a heartbeat to all members every Heartbeat.
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

// Close tells all WebSocket clients and event streams that the server closes. It returns
// once that is written, after a second at most, so that slow clients do not block it. The
// owners of the connections then close them.
func (g *Guide) Close() {
	chat, sessions := g.chat.close(), g.sessions.close()
	g.streams.close()
	g.cancel()
	g.heartbeats.Wait()
	told := make(chan struct{})
	go func() {
		defer close(told)
		g.streams.Wait() // they announce the end
		chat()
		sessions()
	}()
	select {
	case <-told:
	case <-time.After(time.Second):
	}
}

// A counter counts up to a limit until it is closed.
type counter struct {
	sync.WaitGroup // of what is counted; wait after close

	mu     sync.Mutex
	n      int
	limit  int
	closed bool
}

// add returns false at the limit and after close.
func (c *counter) add() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.n >= c.limit {
		return false
	}
	c.n++
	c.Add(1)
	return true
}

func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	c.Done()
}

func (c *counter) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
}
