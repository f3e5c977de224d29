package guide

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The paths of the guide's event streams.
const (
	StreamPath = "/stream"
	UserPath   = "/stream/user"
)

// ServesEvents says whether the guide has an event stream at that path.
func ServesEvents(path string) bool { return path == StreamPath || path == UserPath }

// TokenRequired is the JSON that UserPath answers, instead of a stream, where there is
// no token.
const TokenRequired = `{"error":"Token required"}`

// A Request is what a client asks of an event stream.
type Request struct {
	Path, Token string
	// LastEventID is the identifier of the last event that the client has had, when it
	// reconnects.
	LastEventID string
}

// ServeEvents writes a stream's events with write, each a whole one in the format of
// text/event-stream, until ctx ends, write fails or the server closes; the last event
// says that it does. The caller has sent the head of the response.
func (g *Guide) ServeEvents(ctx context.Context, r Request, write func([]byte) error) {
	user := ""
	if r.Path == UserPath {
		var err error
		if user, err = g.Tokens.User(r.Token); err != nil {
			_ = write([]byte("data: {\"error\":\"Unauthorized\"}\n\n"))
			return
		}
	}
	if !g.streams.add(func() { g.eventWriters.Add(1) }) {
		_ = write([]byte("data: {\"error\":\"The server is full\"}\n\n"))
		return
	}
	defer g.eventWriters.Done()
	defer g.streams.done()
	s := g.resume(r.LastEventID, time.Now())
	s.user = user
	g.writeEvents(ctx, s, write)
}

// An eventPosition is the position in a stream. Event n is due n intervals after the stream
// began, and what it says follows from that: what a client has missed is what would
// have been said meanwhile, and holding it costs nothing.
type eventPosition struct {
	began time.Time // to the millisecond
	next  uint64
	user  string
}

// resume goes on behind the last event that a client has had, or begins a stream. Of
// what was missed no more than the last Replay are held.
func (g *Guide) resume(last string, now time.Time) eventPosition {
	began, n, ok := parseEventID(last)
	if !ok || began.After(now) {
		return eventPosition{began: now.Truncate(time.Millisecond)}
	}
	due := uint64(now.Sub(began) / g.cfg.Interval) // events 0 to due are past
	if n > due {
		return eventPosition{began: now.Truncate(time.Millisecond)}
	}
	oldest := uint64(0)
	if held := uint64(g.cfg.Replay); due+1 > held {
		oldest = due + 1 - held
	}
	return eventPosition{began: began, next: max(n+1, oldest)}
}

// parseEventID takes BEGAN-N: the stream's beginning in milliseconds of Unix time and
// the event's number.
func parseEventID(id string) (began time.Time, n uint64, ok bool) {
	left, right, ok := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(left, 10, 64)
	n, err2 := strconv.ParseUint(right, 10, 62)
	// Within a century of 1970: what is beyond overflows a Duration.
	if !ok || err != nil || err2 != nil || ms < 0 || ms > 3_155_760_000_000 {
		return time.Time{}, 0, false
	}
	return time.UnixMilli(ms), n, true
}

// writeEvents writes each event when it is due.
func (g *Guide) writeEvents(ctx context.Context, s eventPosition, write func([]byte) error) {
	b := fmt.Appendf(nil, "retry: %d\n", max(1, g.cfg.Interval.Milliseconds()))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due := s.began.Add(time.Duration(s.next) * g.cfg.Interval)
		timer.Reset(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		case <-g.ctx.Done():
			_ = write([]byte("data: {\"status\":\"closing\"}\n\n"))
			return
		}
		b = s.append(b, due)
		if write(b) != nil {
			return
		}
		b = b[:0]
		s.next++
	}
}

func (s eventPosition) append(b []byte, due time.Time) []byte {
	b = fmt.Appendf(b, "id: %d-%d\ndata: {", s.began.UnixMilli(), s.next)
	if s.user != "" {
		b = fmt.Appendf(b, "\"user\":%s,", quoted(s.user))
	}
	return fmt.Appendf(b, "\"counter\":%d,\"timestamp\":%d.%06d}\n\n", s.next, due.Unix(), due.Nanosecond()/1000)
}

func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // any string has a form in JSON
	}
	return b
}
