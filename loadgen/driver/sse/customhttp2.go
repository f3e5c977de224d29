package sse

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// customHTTP2 uses one connection for events and POSTs, or another one for POSTs to another server.
type customHTTP2 struct {
	target       driver.Target
	client, post *httpwire.SharedConn
	*resumeState
}

// NewCustomHTTP2 returns a driver for custom targets over HTTP/2.
func NewCustomHTTP2(t driver.Target) driver.Driver {
	d := &customHTTP2{target: t, client: httpwire.NewSharedConn(t), resumeState: new(resumeState)}
	d.post = d.client
	if t.Endpoint.Post != nil {
		if at := targetFor(t, t.Endpoint.Post); at.Address != t.Address || (at.TLS == nil) != (t.TLS == nil) {
			d.post = httpwire.NewSharedConn(at)
		}
	}
	return d
}

// Open implements driver.Driver. A stream with a Share that was opened before resumes after the last
// event received.
func (d *customHTTP2) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	e := d.target.Endpoint
	base, request, lastID, err := d.requests(ctx, e, c.Share)
	if err != nil {
		return nil, err
	}
	st := &customStream{position: position{d.resumeState, c.Share, nil}}
	err = followRedirects(request, func(r httpwire.Request) (eventsResponse, error) {
		h, err := d.client.Get(ctx)
		if err != nil {
			return eventsResponse{}, err
		}
		st.framing = &framing.EventStream{Limit: e.Limit, LastID: []byte(lastID)}
		in := h.NewStream(st.framing, nil)
		st.events = in
		return requestHTTP2(ctx, in, r)
	}, func() { _ = st.events.Close() })
	if err != nil {
		return nil, err
	}
	if e.Post != nil {
		st.poster = newHTTP2Poster(d.post, base, e.Post)
	}
	return st, nil
}

// requestHTTP2 requests events on st and reads the response head.
func requestHTTP2(ctx context.Context, st *http2.Stream, r httpwire.Request) (eventsResponse, error) {
	head, err := st.Open(ctx, r.Fields(), r.Body, true)
	if err != nil {
		_ = st.Close()
		return eventsResponse{}, err
	}
	status, _ := strconv.Atoi(head.Get(":status"))
	return eventsResponse{
		status: status, contentType: head.Get("content-type"), encoding: head.Get("content-encoding"), location: head.Get("location"),
		retryAfter: head.Get("retry-after"),
		body: func() []byte {
			defer time.AfterFunc(httpwire.SampleTimeout, func() { _ = st.Close() }).Stop()
			b, _ := st.Body(httpwire.MaxSample)
			return b
		},
	}, nil
}

// StreamLimit implements driver.StreamLimiter. It reserves a stream for POSTs.
func (d *customHTTP2) StreamLimit() (most, reserved int) {
	if d.target.Endpoint.Post != nil && d.post == d.client {
		reserved = 1
	}
	most, _ = d.client.StreamLimit()
	return most, reserved
}

func (d *customHTTP2) Close() error { return errors.Join(d.client.Close(), d.post.Close()) }
