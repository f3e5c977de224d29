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

// An event is one of the guide's event stream.
type event struct {
	Counter   int
	Timestamp float64 // when it was due, in Unix seconds
	At        float64 // when the page had it, in Unix milliseconds
}

// A streamLog is what the page had of an event stream.
type streamLog struct {
	Opens  int
	Events []event
	Took   float64 // milliseconds
}

// listen listens to an event stream for a few events.
func listen(ctx context.Context, url string, init any) (streamLog, error) {
	const count, patience = 5, 3000
	return call[streamLog](ctx, "hearEvents", url, count, patience, init)
}

// inOrder says that there are at least 3 events, each the next.
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
		"An EventSource was answered over %s and had %d events in %.0f ms, in order: %t.", r.protocol, len(seen.Events), seen.Took, seen.inOrder())
	v.notes.Answer("eventsource/custom-headers", r.header.Get(header) != "",
		"An EventSource that was told to send a header of its own sent: %s.", headerNames(r.header))
	return nil
}

func (v *session) sourceHTTP2(ctx context.Context) error {
	seen, err := listen(ctx, v.site.secure+"stream?as=http2", nil)
	if err != nil {
		return err
	}
	r := v.site.request("http2")
	v.notes.Answer("eventsource/http2", seen.Opens == 1 && seen.inOrder() && r.protocol == "HTTP/2.0",
		"An EventSource was answered over %s (h2, with TLS) and had %d events in %.0f ms, in order: %t.", r.protocol, len(seen.Events), seen.Took, seen.inOrder())
	return nil
}

func (v *session) sourceRaw(ctx context.Context) error {
	seen, err := call[struct{ Length, Together, Alone int }](ctx, "hearRaw", v.site.plain+"raw")
	if err != nil {
		return err
	}
	v.notes.Answer("binary/eventsource-raw", seen.Length == 256 && seen.Together == 256,
		"Of the bytes 0 to 255, sent as they are in the data line of one event, the page had %d characters, %d of them right; each sent in an event of its own, %d of 256 came right.", seen.Length, seen.Together, seen.Alone)
	return nil
}
