package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rtbench/proto/framing"
)

// An event is one event of a text/event-stream.
type event struct{ kind, id, data string }

// An eventReader parses a text/event-stream as the HTML standard requires of browsers (section
// 9.2.6): unlike the drivers, it replaces each invalid byte by U+FFFD.
type eventReader struct {
	framing *framing.EventStream
	in      *framing.Reader
}

func newEventReader(r io.Reader) *eventReader {
	f := &framing.EventStream{}
	return &eventReader{f, framing.NewReader(r, f, nil)}
}

// next returns the next event that has data.
func (r *eventReader) next() (event, error) {
	data, err := r.in.Recv()
	decode := func(b []byte) string { return string([]rune(string(b))) }
	return event{decode(r.framing.Type), decode(r.framing.LastID), decode(data)}, err
}

func isEventStream(resp *http.Response) bool {
	return resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
}

// eventsOf returns the events of a response.
func eventsOf(resp *http.Response) (*eventReader, error) {
	if !isEventStream(resp) {
		return nil, fmt.Errorf("the response is %s with content type %q; expected an event stream", resp.Status, resp.Header.Get("Content-Type"))
	}
	return newEventReader(resp.Body), nil
}

func allEvents(r io.Reader) (events []event, err error) {
	for in := newEventReader(r); ; {
		e, err := in.next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
}

// A tick is the data of an event of the guide's /stream: its number in the stream, and its due
// time in Unix seconds.
type tick struct {
	Counter   int     `json:"counter"`
	Timestamp float64 `json:"timestamp"`
	id        string
}

// tick returns the next event of a /stream.
func (r *eventReader) tick() (tick, error) {
	e, err := r.next()
	if err != nil {
		return tick{}, err
	}
	t := tick{id: e.id}
	return t, json.Unmarshal([]byte(e.data), &t)
}
