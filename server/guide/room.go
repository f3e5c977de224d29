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

// A room sends the same messages in the same order to all its members. Sending never
// blocks: each member has a queue and a goroutine that writes from it.
type room struct {
	limit int

	mu      sync.Mutex
	members map[*member]struct{}
	closed  bool
}

// A member is a client in a room.
type member struct {
	nc    net.Conn
	conn  *eventloop.Conn
	queue chan []byte // frames
	wrote sync.WaitGroup
}

// join adds a member and starts its writer. It returns nil if the room is full or closed.
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

// write sends queued frames until the queue is closed. If the member does not read, it
// closes the connection and drops the rest.
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
		_ = m.nc.SetWriteDeadline(time.Time{}) // pongs are written without a deadline
	}
}

// leave removes a member and waits for its writer. It returns false if the member had
// left or the room is closed.
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

// broadcast queues a frame for every member.
func (r *room) broadcast(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.members {
		m.offer(b)
	}
}

// send queues a frame for one member, if it is still in the room.
func (r *room) send(m *member, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, there := r.members[m]; there {
		m.offer(b)
	}
}

// offer queues a frame. If the queue is full, it closes the connection: the member's
// goroutine notices and leaves.
func (m *member) offer(b []byte) {
	select {
	case m.queue <- b:
	default:
		_ = m.nc.Close()
	}
}

// close closes the room and tells its members that the server goes away. told waits until
// that is written or has failed.
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

// frame encodes a message as JSON in a frame, once for all receivers.
func frame(message any) []byte {
	b, err := json.Marshal(message)
	if err != nil {
		panic(err) // cannot happen: the types of this package can be encoded
	}
	return text(b)
}

func text(p []byte) []byte { return (&framing.WebSocket{Text: true}).Append(nil, p) }
