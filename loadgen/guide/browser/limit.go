package browser

import (
	"context"
	"time"
)

const (
	sourceTimeout = 3 * time.Second // for EventSources to open
	// Chromium delays a WebSocket by up to 5 s while 16 others are opening.
	socketTimeout = 8 * time.Second
)

// These steps answer no questions; a count that cannot be taken is left out.
var plainLimitSteps = []step{
	{"many EventSources over HTTP/1.1", 6 * time.Second, (*session).limitHTTP1, nil},
	{"many WebSockets", 10 * time.Second, (*session).limitSockets, nil},
}

var secureLimitSteps = []step{
	{"many EventSources over HTTP/2", 6 * time.Second, (*session).limitHTTP2, nil},
}

func (v *session) limitHTTP1(ctx context.Context) error {
	return v.limit(ctx, "limit/http1", "EventSources over HTTP/1.1", "countSources", v.site.plain+"stream", 10, sourceTimeout)
}

func (v *session) limitSockets(ctx context.Context) error {
	return v.limit(ctx, "limit/websocket", "WebSockets", "countSockets", chatURL("ws", v.servers.Plain.Addresses["websocket"], "page-"), 20, socketTimeout)
}

func (v *session) limitHTTP2(ctx context.Context) error {
	return v.limit(ctx, "limit/http2", "EventSources over HTTP/2", "countSources", v.site.secure+"stream", 20, sourceTimeout)
}

func (v *session) limit(ctx context.Context, fact, subject, function, url string, count int, wait time.Duration) error {
	seen, err := call[struct {
		Open int
		Last float64
	}](ctx, function, url, count, wait.Milliseconds())
	if err != nil {
		return err
	}
	v.notes.Value(fact, float64(seen.Open), "", "Of %d %s opened at once to one server, %d were open within %.0f s, the last after %.0f ms.",
		count, subject, seen.Open, wait.Seconds(), seen.Last)
	return nil
}
