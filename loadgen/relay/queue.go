package relay

import (
	"sync"

	"rtbench/scenarios/cell"
)

// Bounds of the bytes of a direction that are under way, in bytes: maxQueued as TCP's windows have them
// (Linux: 6 MiB), and where a rate limits them, what is on the way and 100 ms in a router's buffer.
const (
	minQueued  = 64 << 10
	maxQueued  = 4 << 20
	bufferTime = 0.1 // seconds
)

// room returns how many bytes of a direction may be under way.
func room(n cell.Network) int {
	if n.Bandwidth == 0 {
		return maxQueued
	}
	return int(max(minQueued, min(maxQueued, n.Bandwidth*((n.Delay+n.Jitter).Seconds()+bufferTime))))
}

// A chunk holds the bytes of one read; nil bytes are the end of the stream.
type chunk struct {
	bytes []byte
	due   int64 // nanoseconds of clock.Now
}

// A queue holds chunks in order, for one writer and one reader.
type queue struct {
	closed chan struct{}
	room   int // put waits once so many bytes are not done

	mu      sync.Mutex
	changed *sync.Cond
	chunks  []chunk
	bytes   int // put, and not done
	over    bool
}

func newQueue(room int) *queue {
	q := &queue{closed: make(chan struct{}), room: room}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// put adds a chunk, once there is room. It returns false if the queue was closed.
func (q *queue) put(c chunk) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes >= q.room && !q.over {
		q.changed.Wait()
	}
	if q.over {
		return false
	}
	q.bytes += len(c.bytes)
	q.chunks = append(q.chunks, c)
	q.changed.Broadcast()
	return true
}

// take waits for the next chunk. It returns false if the queue was closed.
func (q *queue) take() (c chunk, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.chunks) == 0 && !q.over {
		q.changed.Wait()
	}
	if q.over {
		return c, false
	}
	c, q.chunks[0] = q.chunks[0], chunk{}
	q.chunks = q.chunks[1:]
	return c, true
}

// done makes room for n bytes.
func (q *queue) done(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= n
	q.changed.Broadcast()
}

// close drops the queued chunks and ends waiting calls. It may be called again.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.over {
		q.over = true
		close(q.closed)
	}
	q.changed.Broadcast()
}
