// Package sse receives Server-Sent Events over HTTP/1.1, HTTP/2 or HTTP/3 and sends messages by POST.
package sse

import (
	"context"
	"errors"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// client requests events and follows redirects, over one version of HTTP.
type client struct {
	transport
	positions
}

// New returns a driver over HTTP/1.1 that uses rtbench's framing. It opens a connection for the events of
// a stream and, if its Endpoint has a Post URL, another one for POSTs.
func New(t driver.Target) driver.Driver { return &client{transport: http1{t}} }

// NewHTTP2 returns a driver over rtbench's HTTP/2. One connection carries the events and POSTs of all
// streams; POSTs to another server have their own.
func NewHTTP2(t driver.Target) driver.Driver { return &client{transport: newHTTP2(t)} }

// Open implements driver.Driver. A stream with a Share that was opened before resumes after the last
// event received.
func (d *client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	base, err := httpwire.NewRequest(ctx, e)
	if err != nil {
		return nil, err
	}
	at, save := position{}, func() {}
	if !e.Fresh {
		at = d.find(e.Share)
	}
	in := &framing.EventStream{Limit: e.Limit, Base64: e.Base64, LastID: []byte(at.id), Retry: at.retry}
	events, err := d.follow(ctx, eventsRequest(base, e, at.id), in)
	if err != nil {
		return nil, err
	}
	if !e.Fresh {
		save = func() { d.note(e.Share, in) }
	}
	st := &stream{Conn: events.conn, driven: events.driven, framing: in, save: save}
	out := &driver.Stream{Conn: st}
	if events.driven != nil {
		out.Loop, out.Writable = st, events.driven
	}
	out.SendWaits, out.StreamLimit = true, events.streamLimit
	kept := driver.NewKept(e)
	for _, name := range e.Keep {
		kept.Note(name, events.header(strings.ToLower(name)))
	}
	out.Header = kept.Header()
	out.Retry = func() time.Duration { return in.Retry }
	if e.Post != nil {
		dial, shared := d.postLinks(e)
		if shared {
			out.ReservedStreams = 1
		}
		st.poster = newPoster(dial, base, e)
		if !e.PostLate {
			err = st.poster.connect(ctx)
		}
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return out, nil
}

// follow requests events and follows redirects. It returns a response with events.
func (d *client) follow(ctx context.Context, r httpwire.Request, in *framing.EventStream) (*response, error) {
	for hops := 0; ; hops++ {
		a, err := d.requestEvents(ctx, r, in)
		if err != nil {
			return nil, err
		}
		if !isRedirect(a.status) {
			if err := a.check(); err != nil {
				_ = a.conn.Close()
				return nil, err
			}
			return a, nil
		}
		_ = a.conn.Close()
		if r, err = redirectedRequest(r, a.status, a.header("location"), hops); err != nil {
			return nil, err
		}
	}
}

// A stream receives events and posts messages.
type stream struct {
	driver.Conn                   // the events
	driven      driver.DrivenConn // the same, unless a library receives them
	framing     *framing.EventStream
	save        func()  // remembers the position
	poster      *poster // nil if the stream only receives
	ended       bool
}

// Send posts one message and waits for the response.
func (st *stream) Send(p []byte) error {
	switch {
	case st.poster == nil:
		return driver.ErrReceiveOnly
	case st.ended:
		return eventloop.ErrSendAfterEnd
	}
	return st.poster.send(p)
}

// CloseSend posts the end of the messages if the Endpoint has a URL for it. SSE itself has no way to
// tell the server.
func (st *stream) CloseSend() error {
	if st.ended || st.poster == nil {
		return nil
	}
	st.ended = true
	return st.poster.finish()
}

func (st *stream) Recv() ([]byte, error) {
	p, err := st.Conn.Recv()
	if err != nil {
		st.save()
	}
	return p, err
}

// Drive implements driver.Drivable.
func (st *stream) Drive(l *eventloop.Loop, h proto.Handler) error {
	if st.framing.Sized && st.framing.Left == 0 {
		return errors.ErrUnsupported // the events have ended, which the loop would not notice
	}
	return st.driven.Drive(l, savingHandler{h, st.save})
}

// Park implements driver.Drivable.
func (st *stream) Park() { st.driven.Park() }

// Close ends the events and aborts a POST.
func (st *stream) Close() error {
	if st.poster != nil {
		st.poster.close()
	}
	return st.Conn.Close()
}
