package sse

import (
	"context"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// A resumption is what a driver remembers of event streams that have ended, so that those
// that take their place go on from there.
type resumption struct {
	mu    sync.Mutex
	ids   map[int]string // by Share
	retry time.Duration
}

// Retry implements Retrier: what the streams that have ended were told last.
func (r *resumption) Retry() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retry
}

// lastID is that of the last event that came to a stream, or empty.
func (r *resumption) lastID(share int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[share]
}

// requests returns what all requests of a share's stream have, and the one for its events,
// which asks for those after lastID.
func (r *resumption) requests(ctx context.Context, own *driver.Endpoint, share int) (base, events httpwire.Request, lastID string, err error) {
	lastID = r.lastID(share)
	if base, err = httpwire.NewRequest(ctx, own); err == nil {
		events, err = eventsRequest(base, own, share, lastID)
	}
	return base, events, lastID, err
}

// A memory is what a stream leaves behind when it ends. It is looked at only then, so that
// an event costs nothing.
type memory struct {
	of      *resumption
	share   int
	framing *framing.EventStream
}

// note is called by who receives, when that has ended.
func (m memory) note() {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	if m.framing.Retry > 0 {
		m.of.retry = m.framing.Retry
	}
	switch id := string(m.framing.LastID); {
	case id != "" && m.of.ids == nil:
		m.of.ids = map[int]string{m.share: id}
	case id != "":
		m.of.ids[m.share] = id
	default:
		delete(m.of.ids, m.share)
	}
}

// A noting handler notes at the end what is to be remembered.
type noting struct {
	proto.Handler
	memory
}

// Ended implements proto.Handler.
func (n noting) Ended(err error) {
	n.note()
	n.Handler.Ended(err)
}
