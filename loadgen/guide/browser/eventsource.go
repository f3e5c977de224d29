package browser

import (
	"context"
	"time"
)

var plainSourceSteps = []step{
	{"EventSource over HTTP/1.1", 6 * time.Second, (*session).sourceHTTP1, []string{"eventsource/http1", "eventsource/custom-headers"}},
	{"bytes over EventSource", 6 * time.Second, (*session).sourceRaw, []string{"binary/eventsource-raw"}},
}

var secureSourceSteps = []step{
	{"EventSource over HTTP/2", 6 * time.Second, (*session).sourceHTTP2, []string{"eventsource/http2"}},
}

// An event is an event of the guide's /stream.
type event struct {
	Counter   int
	Timestamp float64 // due time, in Unix seconds
	At        float64 // arrival in the page, in Unix milliseconds
}

// A streamLog lists the events that the page received.
type streamLog struct {
	Opens  int
	Events []event
	Took   float64 // milliseconds
}

func listen(ctx context.Context, url string, init any) (streamLog, error) {
	const count, patience = 5, 3000
	return call[streamLog](ctx, "listenForEvents", url, count, patience, init)
}

// inOrder reports whether there are at least 3 events, numbered consecutively.
func (h streamLog) inOrder() bool {
	for i := range h.Events {
		if h.Events[i].Counter != h.Events[0].Counter+i {
			return false
		}
	}
	return len(h.Events) >= 3
}

func (v *session) sourceHTTP1(ctx context.Context) error {
	const header = "X-Rtbench"
	seen, err := listen(ctx, v.site.plain+"stream?as=http1", map[string]any{"headers": map[string]string{header: "1"}})
	if err != nil {
		return err
	}
	r := v.site.request("http1")
	v.notes.Answer("eventsource/http1", seen.Opens == 1 && seen.inOrder() && r.protocol == "HTTP/1.1",
		"An EventSource over %s received %d events in %.0f ms, in order: %t.", r.protocol, len(seen.Events), seen.Took, seen.inOrder())
	v.notes.Answer("eventsource/custom-headers", r.header.Get(header) != "",
		"An EventSource created with a custom header sent these headers: %s.", headerNames(r.header))
	return nil
}

func (v *session) sourceHTTP2(ctx context.Context) error {
	seen, err := listen(ctx, v.site.secure+"stream?as=http2", nil)
	if err != nil {
		return err
	}
	r := v.site.request("http2")
	v.notes.Answer("eventsource/http2", seen.Opens == 1 && seen.inOrder() && r.protocol == "HTTP/2.0",
		"An EventSource over %s (h2, with TLS) received %d events in %.0f ms, in order: %t.", r.protocol, len(seen.Events), seen.Took, seen.inOrder())
	return nil
}

func (v *session) sourceRaw(ctx context.Context) error {
	seen, err := call[struct{ Length, Together, Alone int }](ctx, "listenForRawBytes", v.site.plain+"raw")
	if err != nil {
		return err
	}
	v.notes.Answer("binary/eventsource-raw", seen.Length == 256 && seen.Together == 256,
		"Of the bytes 0 to 255, sent unencoded in the data line of one event, the page received %d characters, %d of them correct; with each byte in a separate event, %d of 256 were correct.", seen.Length, seen.Together, seen.Alone)
	return nil
}
