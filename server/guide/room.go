package guide

import (
	"encoding/json"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// A room is clients who are sent the same messages in the same order. Sending never
// waits: each client has a queue and a goroutine that writes from it.
type room struct {
	limit int

	mu      sync.Mutex
	members map[*member]struct{}
	closed  bool
}

// A member is a client of a room.
type member struct {
	nc    net.Conn
	conn  *eventloop.Conn
	queue chan []byte // frames
	wrote sync.WaitGroup
}

// join adds a client and begins to write to it; nil when the room is full or closed.
func (r *room) join(nc net.Conn, conn *eventloop.Conn, queue int, patience time.Duration) *member {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.members) >= r.limit {
		return nil
	}
	if r.members == nil {
		r.members = map[*member]struct{}{}
	}
	m := &member{nc: nc, conn: conn, queue: make(chan []byte, queue)}
	r.members[m] = struct{}{}
	m.wrote.Go(func() { m.write(patience) })
	return m
}

// write sends what is queued until the queue is closed. A client that does not read is
// given up, and what is queued for it thrown away.
func (m *member) write(patience time.Duration) {
	var failed error
	for b := range m.queue {
		if failed != nil {
			continue
		}
		_ = m.nc.SetWriteDeadline(time.Now().Add(patience))
		if failed = m.conn.SendEncoded(b); failed != nil {
			_ = m.conn.Close()
			continue
		}
		_ = m.nc.SetWriteDeadline(time.Time{}) // pongs are written beside these
	}
}

// leave removes a client and returns when nothing is written to it any more; false
// when it was not there, or has no one left to be told of it.
func (r *room) leave(m *member) bool {
	r.mu.Lock()
	_, there := r.members[m]
	delete(r.members, m)
	if there {
		close(m.queue)
	}
	open := !r.closed
	r.mu.Unlock()
	m.wrote.Wait()
	return there && open
}

// broadcast queues a frame for every client.
func (r *room) broadcast(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		m.offer(b)
	}
}

// send queues a frame for one client, if it is still there.
func (r *room) send(m *member, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, there := r.members[m]; there {
		m.offer(b)
	}
}

// offer queues a frame, or gives the client up where it has too many already: its own
// goroutine finds the connection closed, and leaves.
func (m *member) offer(b []byte) {
	select {
	case m.queue <- b:
	default:
		_ = m.nc.Close()
	}
}

// close lets no one in any more, and tells who is there that the server goes away.
// told returns when that has been written to everyone, or cannot be.
func (r *room) close() (told func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	left := slices.Collect(maps.Keys(r.members))
	for _, m := range left {
		m.offer(ws.CompiledCloseGoingAway)
		close(m.queue)
	}
	clear(r.members)
	return func() {
		for _, m := range left {
			m.wrote.Wait()
		}
	}
}

// frame is a message in JSON as a server sends it: encoded once, whoever gets it.
func frame(message any) []byte {
	b, err := json.Marshal(message)
	if err != nil {
		panic(err) // of this package's own types, which have nothing that JSON lacks
	}
	return text(b)
}

func text(p []byte) []byte { return (&framing.WebSocket{Text: true}).Append(nil, p) }
