package sse

import (
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// eventsRequest returns the request for events after an event ID, which may be empty.
func eventsRequest(r httpwire.Request, e *driver.Endpoint, lastID string) httpwire.Request {
	r.Header, r.Body = r.Header.Clone(), e.Body
	if len(r.Body) > 0 {
		r.SetDefault("Content-Type", httpwire.JSONType)
	}
	r.SetDefault("Accept", "text/event-stream")
	r.SetDefault("Accept-Encoding", "identity")
	r.SetDefault("Cache-Control", "no-store")
	if validID(lastID) {
		r.Header.Set("Last-Event-Id", lastID)
	}
	return r
}

// errNoMoreEvents is the refusal with status 204.
var errNoMoreEvents = &noMoreEvents{driver.Refusal{Kind: "HTTP status 204", Detail: "the request for events was answered with " + driver.ErrNoMore.Error()}}

type noMoreEvents struct{ driver.Refusal }

// Is reports whether target is driver.ErrNoMore.
func (*noMoreEvents) Is(target error) bool { return target == driver.ErrNoMore }

// A response is the response head to a request for events.
type response struct {
	status      int
	header      func(name string) string // the value of a header by its name in lower case
	sample      func() []byte            // reads the start of a body that is not an event stream
	conn        driver.Conn              // receives events
	driven      driver.DrivenConn        // conn, if an event loop can drive it
	streamLimit int                      // of the connection, as in driver.Stream
}

// check returns an error unless the response is an event stream.
func (a *response) check() error {
	contentType, encoding := a.header("content-type"), a.header("content-encoding")
	kind, _, _ := strings.Cut(contentType, ";")
	encoded := encoding != "" && !strings.EqualFold(encoding, "identity")
	switch {
	case a.status == 204:
		return errNoMoreEvents
	case a.status != 200 && encoded:
		return httpwire.RefuseStatus("the request for events", a.status, nil, a.header("retry-after"))
	case a.status != 200:
		return httpwire.RefuseStatus("the request for events", a.status, a.sample(), a.header("retry-after"))
	case !strings.EqualFold(strings.TrimSpace(kind), "text/event-stream"):
		return driver.Refuse("wrong content type", "the response is %q, not text/event-stream", httpwire.FirstLine([]byte(contentType)))
	case encoded:
		return driver.Refuse("unrequested content encoding", "the events are encoded (%s), although the request does not accept it", httpwire.FirstLine([]byte(encoding)))
	}
	return nil
}
