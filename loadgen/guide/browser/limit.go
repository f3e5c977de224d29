package browser

import (
	"context"
	"time"
)

const (
	sourcesWait = 3 * time.Second // for EventSources to open
	// Chromium puts off a WebSocket by up to 5 s while 16 others are opening.
	socketsWait = 8 * time.Second
)

// There is no question here; a count that could not be taken is not noted.
var plainLimitSteps = []step{
	{"many EventSources over HTTP/1.1", 6 * time.Second, (*visit).limitHTTP1, nil},
	{"many WebSockets", 10 * time.Second, (*visit).limitSockets, nil},
}

var secureLimitSteps = []step{
	{"many EventSources over HTTP/2", 6 * time.Second, (*visit).limitHTTP2, nil},
}

func (v *visit) limitHTTP1(ctx context.Context) error {
	return v.limit(ctx, "limit/http1", "EventSources over HTTP/1.1", "countSources", v.site.plain+"stream", 10, sourcesWait)
}

func (v *visit) limitSockets(ctx context.Context) error {
	return v.limit(ctx, "limit/websocket", "WebSockets", "countSockets", chatURL("ws", v.servers.Plain.Addresses["websocket"], "page-"), 20, socketsWait)
}

func (v *visit) limitHTTP2(ctx context.Context) error {
	return v.limit(ctx, "limit/http2", "EventSources over HTTP/2", "countSources", v.site.secure+"stream", 20, sourcesWait)
}

func (v *visit) limit(ctx context.Context, fact, what, function, url string, count int, wait time.Duration) error {
	seen, err := call[struct {
		Open int
		Last float64
	}](ctx, function, url, count, wait.Milliseconds())
	if err != nil {
		return err
	}
	v.notes.Figure(fact, float64(seen.Open), "", "Of %d %s opened at once to one server %d were open within %.0f s, the last after %.0f ms.",
		count, what, seen.Open, wait.Seconds(), seen.Last)
	return nil
}
