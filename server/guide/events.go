package guide

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Paths of the event streams.
const (
	StreamPath = "/stream"
	UserPath   = "/stream/user"
)

// ServesEvents reports whether there is an event stream at path.
func ServesEvents(path string) bool { return path == StreamPath || path == UserPath }

// TokenRequired is the JSON response of UserPath without a token.
const TokenRequired = `{"error":"Token required"}`

// A Request asks for an event stream.
type Request struct {
	User  bool // of UserPath, which requires a token
	Token string
	// LastEventID is the ID of the last event received before a reconnect.
	LastEventID string
}

// ServeEvents writes a stream's events with write, each in the text/event-stream format,
// until ctx ends, write fails or the server closes. The last event announces that the
// server closes. The caller has sent the response header.
func (g *Guide) ServeEvents(ctx context.Context, r Request, write func([]byte) error) {
	user := ""
	if r.User {
		var err error
		if user, err = g.Tokens.User(r.Token); err != nil {
			_ = write([]byte("data: {\"error\":\"Unauthorized\"}\n\n"))
			return
		}
	}
	if !g.streams.add() {
		_ = write([]byte("data: {\"error\":\"The server is full\"}\n\n"))
		return
	}
	defer g.streams.done()
	s := g.resume(r.LastEventID, time.Now())
	s.user = user
	g.writeEvents(ctx, s, write)
}

// An eventPosition is a position in a stream. Event n is due n intervals after the stream
// began, and its content depends only on that: replaying missed events needs no storage.
type eventPosition struct {
	began time.Time // truncated to milliseconds
	next  uint64
	user  string
}

// resume continues after the last received event, or starts a stream. It replays at most
// Replay missed events.
func (g *Guide) resume(last string, now time.Time) eventPosition {
	began, n, ok := parseEventID(last)
	if !ok || began.After(now) {
		return eventPosition{began: now.Truncate(time.Millisecond)}
	}
	due := uint64(now.Sub(began) / g.cfg.Interval) // events 0 to due are in the past
	if n > due {
		return eventPosition{began: now.Truncate(time.Millisecond)}
	}
	oldest := uint64(0)
	if held := uint64(g.cfg.Replay); due+1 > held {
		oldest = due + 1 - held
	}
	return eventPosition{began: began, next: max(n+1, oldest)}
}

// parseEventID parses BEGAN-N: the stream's start in Unix milliseconds and the event
// number.
func parseEventID(id string) (began time.Time, n uint64, ok bool) {
	left, right, ok := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(left, 10, 64)
	n, err2 := strconv.ParseUint(right, 10, 62)
	// Within a century of 1970: later times overflow a time.Duration.
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
		panic(err) // cannot happen: every string can be encoded
	}
	return b
}
