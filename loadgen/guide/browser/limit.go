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
	{"many EventSources over HTTP/1.1", 6 * time.Second, countOpen("limit/http1", "EventSources over HTTP/1.1", "countSources", 10, sourceTimeout, plainStream), nil},
	{"many WebSockets", 10 * time.Second, countOpen("limit/websocket", "WebSockets", "countSockets", 20, socketTimeout, manyChats), nil},
}

var secureLimitSteps = []step{
	{"many EventSources over HTTP/2", 6 * time.Second, countOpen("limit/http2", "EventSources over HTTP/2", "countSources", 20, sourceTimeout, secureStream), nil},
}

func plainStream(v *session) string  { return v.site.plain + "stream" }
func secureStream(v *session) string { return v.site.secure + "stream" }
func manyChats(v *session) string    { return chatURL("ws", v.servers.Plain, "page-") }

// countOpen counts the connections to a URL that open within wait.
func countOpen(fact, subject, function string, count int, wait time.Duration, url func(*session) string) func(*session, context.Context) error {
	return func(v *session, ctx context.Context) error {
		seen, err := call[struct {
			Open int
			Last float64
		}](ctx, function, url(v), count, wait.Milliseconds())
		if err != nil {
			return err
		}
		v.notes.Value(fact, float64(seen.Open), "", "Of %d %s opened at once to one server, %d were open within %.0f s, the last after %.0f ms.",
			count, subject, seen.Open, wait.Seconds(), seen.Last)
		return nil
	}
}
