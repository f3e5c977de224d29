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

// A resumeState is what a driver remembers of event streams that have ended, so that those
// that take their place go on from there.
type resumeState struct {
	mu    sync.Mutex
	ids   map[int]string // by Share
	retry time.Duration
}

// Retry implements Retrier: what the streams that have ended were told last.
func (r *resumeState) Retry() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retry
}

// lastID is that of the last event that came to a stream, or empty.
func (r *resumeState) lastID(share int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[share]
}

// requests returns what all requests of a share's stream have, and the one for its events,
// which asks for those after lastID.
func (r *resumeState) requests(ctx context.Context, e *driver.Endpoint, share int) (base, events httpwire.Request, lastID string, err error) {
	lastID = r.lastID(share)
	if base, err = httpwire.NewRequest(ctx, e); err == nil {
		events, err = eventsRequest(base, e, share, lastID)
	}
	return base, events, lastID, err
}

// A position is what a stream leaves behind when it ends. It is looked at only then, so that
// an event costs nothing.
type position struct {
	state   *resumeState
	share   int
	framing *framing.EventStream
}

// save is called by who receives, when that has ended.
func (m position) save() {
	m.state.mu.Lock()
	defer m.state.mu.Unlock()
	if m.framing.Retry > 0 {
		m.state.retry = m.framing.Retry
	}
	switch id := string(m.framing.LastID); {
	case id != "" && m.state.ids == nil:
		m.state.ids = map[int]string{m.share: id}
	case id != "":
		m.state.ids[m.share] = id
	default:
		delete(m.state.ids, m.share)
	}
}

// A savingHandler handler notes at the end what is to be remembered.
type savingHandler struct {
	proto.Handler
	position
}

// Ended implements proto.Handler.
func (n savingHandler) Ended(err error) {
	n.save()
	n.Handler.Ended(err)
}
