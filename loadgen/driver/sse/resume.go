package sse

import (
	"strings"
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// positions holds where ended streams are to be resumed, by share. It is safe for concurrent use.
type positions struct {
	mu    sync.Mutex
	ended map[int]position
}

// A position is what a reopened stream continues with.
type position struct {
	id    string        // last event ID
	retry time.Duration // last reconnection time received
}

// find returns the position of a share, zero if it was not opened before.
func (m *positions) find(share int) position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended[share]
}

// note remembers the position of an ended stream.
func (m *positions) note(share int, in *framing.EventStream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch at := (position{string(in.LastID), in.Retry}); {
	case at == position{}:
		delete(m.ended, share)
	case m.ended == nil:
		m.ended = map[int]position{share: at}
	default:
		m.ended[share] = at
	}
}

// validID reports whether an event ID can be sent in a header (RFC 9110, section 5.5).
func validID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// A savingHandler saves the position at the end of the stream, so that events cost nothing.
type savingHandler struct {
	proto.Handler
	save func()
}

func (h savingHandler) Ended(err error) {
	h.save()
	h.Handler.Ended(err)
}
