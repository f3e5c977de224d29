package sse

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// custom opens a connection for the events of a stream and, if the endpoint has a Post URL, another one
// for POSTs.
type custom struct {
	target driver.Target
	*resumeState
}

// NewCustom returns a driver for custom targets over HTTP/1.1.
func NewCustom(t driver.Target) driver.Driver { return &custom{t, new(resumeState)} }

// Open implements driver.Driver. A stream with a Share that was opened before resumes after the last
// event received.
func (d *custom) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	base, request, lastID, err := d.requests(ctx, e)
	if err != nil {
		return nil, err
	}
	var in *eventSource
	err = followRedirects(request, func(r httpwire.Request) (a eventsResponse, err error) {
		in, a, err = d.request(ctx, r, e.Limit)
		return a, err
	}, func() { _ = in.nc.Close() })
	if err != nil {
		return nil, err
	}
	in.framing.LastID = []byte(lastID)
	st := &customStream{events: eventloop.NewConn(in.nc, in.framing, in.buffered), position: position{d.resumeState, e.Call.Share, in.framing}}
	if e.Post != nil {
		p := newPoster(targetFor(d.target, e.URL, e.Post), maxPostResponse, checkPost)
		p.reconnects, p.returnsRedirects = true, true
		st.poster = newMessagePoster(p, base, e.Post)
		if !e.Call.Pattern.FromServer() {
			err = p.connect(ctx)
		}
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return sending(st), nil
}

// Close implements driver.Driver. Streams close their own connections.
func (d *custom) Close() error { return nil }

// An eventSource is an event stream after its response head.
type eventSource struct {
	nc       net.Conn
	framing  *framing.EventStream
	buffered []byte // events that arrived with the head
}

// request requests events on a new connection and reads the response head.
func (d *custom) request(ctx context.Context, r httpwire.Request, limit int) (*eventSource, eventsResponse, error) {
	nc, err := d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, eventsResponse{}, err
	}
	reader := httpwire.NewResponseReader(nc, 4<<10)
	var head fasthttp.ResponseHeader
	head.SetNoDefaultContentType(true)
	err = driver.Handshake(ctx, nc, func() error { return reader.RoundTrip(r.Encode(), &head) })
	if err != nil {
		return nil, eventsResponse{}, err
	}
	length := httpwire.BodyLength(&head)
	in := &eventSource{nc: nc, framing: &framing.EventStream{
		Chunked: length == -1, Sized: length >= 0, Left: int64(max(0, length)), Limit: limit,
	}}
	buffered, _ := reader.Buf.Peek(reader.Buf.Buffered())
	in.buffered = bytes.Clone(buffered)
	return in, eventsResponse{
		status: head.StatusCode(), contentType: string(head.ContentType()),
		encoding: string(head.ContentEncoding()), location: string(head.Peek("Location")), retryAfter: string(head.Peek("Retry-After")),
		body: func() []byte { return reader.ReadSample(ctx, length) },
	}, nil
}

// targetFor returns the target for u, which may be another server than the target of from.
func targetFor(t driver.Target, from, u *url.URL) driver.Target {
	if u.Scheme == from.Scheme && strings.EqualFold(u.Hostname(), from.Hostname()) && httpwire.Port(u) == httpwire.Port(from) {
		return t
	}
	t.Address = net.JoinHostPort(u.Hostname(), httpwire.Port(u))
	switch {
	case u.Scheme != "https":
		t.TLS = nil
	case t.TLS == nil:
		t.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return t
}
