package sse

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// events is the request for the events of a share's stream. lastID is the ID of the last event
// received, or empty.
func eventsRequest(r httpwire.Request, e *driver.Endpoint, share int, lastID string) (httpwire.Request, error) {
	r.Method, r.Header = e.Method, r.Header.Clone()
	if e.Body != nil {
		r.Body = e.Body(share)
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if !httpguts.ValidHeaderFieldName(r.Method) {
		return r, fmt.Errorf("method %q: expected a word, such as GET or POST", r.Method)
	}
	r.SetDefault("Accept", "text/event-stream")
	r.SetDefault("Accept-Encoding", "identity")
	r.SetDefault("Cache-Control", "no-store")
	if len(r.Body) > 0 {
		r.SetDefault("Content-Type", jsonType)
	}
	if lastID != "" && httpguts.ValidHeaderFieldValue(lastID) {
		r.Header.Set("Last-Event-Id", lastID)
	}
	return r, nil
}

var errNoMoreEvents = &noMoreEvents{driver.Refusal{Kind: "HTTP status 204", Detail: "the request for events was answered with " + driver.ErrNoMore.Error()}}

type noMoreEvents struct{ driver.Refusal }

// Is makes it ErrNoMore for errors.Is.
func (*noMoreEvents) Is(target error) bool { return target == driver.ErrNoMore }

// An eventsResponse is the head of an answer to the request for events.
type eventsResponse struct {
	status                          int
	contentType, encoding, location string
	retryAfter                      string
	body                            func() []byte // the beginning of a body that is no events
}

// check says what is wrong with the answer, if anything.
func (a eventsResponse) check() error {
	kind, _, _ := strings.Cut(a.contentType, ";")
	switch {
	case a.status == 204:
		return errNoMoreEvents
	case a.status != 200 && a.encoded():
		return httpwire.RefuseStatus("the request for events", a.status, nil, a.retryAfter)
	case a.status != 200:
		return httpwire.RefuseStatus("the request for events", a.status, a.body(), a.retryAfter)
	case !strings.EqualFold(strings.TrimSpace(kind), "text/event-stream"):
		return driver.Refuse("wrong content type", "the answer is %q, not text/event-stream", httpwire.FirstLine([]byte(a.contentType)))
	case a.encoded():
		return driver.Refuse("unasked content encoding", "the events are encoded (%s), which was not asked for", httpwire.FirstLine([]byte(a.encoding)))
	}
	return nil
}

func (a eventsResponse) encoded() bool {
	return a.encoding != "" && !strings.EqualFold(a.encoding, "identity")
}

// checkEventStream says what is wrong with the answer to a GET, if anything.
func checkEventStream(status int, contentType string, body io.Reader) error {
	if status != 200 {
		reason, _ := io.ReadAll(io.LimitReader(body, 4<<10))
		return fmt.Errorf("%w: HTTP status %d: %s", driver.ErrRefused, status, httpwire.LastLine(reason))
	}
	if !strings.HasPrefix(contentType, "text/event-stream") {
		return fmt.Errorf("%w: the answer is %q, not text/event-stream", driver.ErrRefused, contentType)
	}
	return nil
}
