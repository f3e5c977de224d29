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

// A resumeState holds the last event IDs of ended streams, so that reopened ones resume there.
type resumeState struct {
	mu    sync.Mutex
	ids   map[int]string // by proto.Call.Share
	retry time.Duration
}

// Retry implements driver.Retrier. It returns the last retry delay received on an ended stream.
func (r *resumeState) Retry() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retry
}

// lastID returns the ID of the last event of a share's ended stream; empty if none.
func (r *resumeState) lastID(share int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[share]
}

// requests returns the base of a stream's requests, and the request for events after lastID.
func (r *resumeState) requests(ctx context.Context, e *driver.Endpoint) (base, events httpwire.Request, lastID string, err error) {
	lastID = r.lastID(e.Call.Share)
	if base, err = httpwire.NewRequest(ctx, e); err == nil {
		events, err = eventsRequest(base, e, lastID)
	}
	return base, events, lastID, err
}

// A position reads a stream's last event ID after the stream has ended, so that events cost nothing.
type position struct {
	state   *resumeState
	share   int
	framing *framing.EventStream
}

// save remembers the position. The receiver calls it at the end of the stream.
func (p position) save() {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	if p.framing.Retry > 0 {
		p.state.retry = p.framing.Retry
	}
	switch id := string(p.framing.LastID); {
	case id != "" && p.state.ids == nil:
		p.state.ids = map[int]string{p.share: id}
	case id != "":
		p.state.ids[p.share] = id
	default:
		delete(p.state.ids, p.share)
	}
}

// A savingHandler saves the position at the end of the stream.
type savingHandler struct {
	proto.Handler
	position
}

func (h savingHandler) Ended(err error) {
	h.save()
	h.Handler.Ended(err)
}
