package browser

import (
	"maps"
	"slices"
	"strings"
)

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

// inOrder reports whether there are at least 3 events, numbered consecutively.
func (h streamLog) inOrder() bool {
	for i := range h.Events {
		if h.Events[i].Counter != h.Events[0].Counter+i {
			return false
		}
	}
	return len(h.Events) >= 3
}

// Names of the requests for event streams.
const (
	http1 = "http1"
	http2 = "http2"
)

// customHeader is a header that the page asks the EventSource to send.
const customHeader = "X-Rtbench"

// listening lists the arguments that wait for 5 events.
func listening(name string) arguments {
	const count, patience = 5, 3000
	return inPage("stream?as="+name, count, patience, map[string]any{"headers": map[string]string{customHeader: "1"}})
}

// noteEvents notes the events of the named request, and whether it was made over a protocol.
func noteEvents(name, protocol string) func(*session, streamLog) {
	return func(v *session, seen streamLog) {
		r := v.site.request(name)
		v.notes.Answer("eventsource/"+name, seen.Opens == 1 && seen.inOrder() && r.protocol == protocol,
			"An EventSource at %s over %s received %d events in %.0f ms, in order: %t.", v.page, r.protocol, len(seen.Events), seen.Took, seen.inOrder())
		if name == http1 {
			v.notes.Answer("eventsource/custom-headers", r.header.Get(customHeader) != "",
				"An EventSource created with a custom header sent these headers: %s.", strings.Join(slices.Sorted(maps.Keys(r.header)), ", "))
		}
	}
}

func noteRawBytes(v *session, seen struct{ Length, Together, Alone int }) {
	v.notes.Answer("binary/eventsource-raw", seen.Length == 256 && seen.Together == 256,
		"Of the bytes 0 to 255, sent unencoded in the data line of one event, the page received %d characters, %d of them correct; with each byte in a separate event, %d of 256 were correct.", seen.Length, seen.Together, seen.Alone)
}
