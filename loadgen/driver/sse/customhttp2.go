package sse

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// customHTTP2 uses one connection for events and POSTs, or another one for POSTs to another server.
type customHTTP2 struct {
	target driver.Target
	client *httpwire.SharedConn
	*resumeState

	mu   sync.Mutex
	post *httpwire.SharedConn // nil until a stream has a Post URL
}

// NewCustomHTTP2 returns a driver for custom targets over HTTP/2.
func NewCustomHTTP2(t driver.Target) driver.Driver {
	return &customHTTP2{target: t, client: httpwire.NewSharedConn(t), resumeState: new(resumeState)}
}

// postConn returns the connection for POSTs to e.Post.
func (d *customHTTP2) postConn(e *driver.Endpoint) *httpwire.SharedConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.post == nil {
		d.post = d.client
		if at := targetFor(d.target, e.URL, e.Post); at.Address != d.target.Address || (at.TLS == nil) != (d.target.TLS == nil) {
			d.post = httpwire.NewSharedConn(at)
		}
	}
	return d.post
}

// Open implements driver.Driver. A stream with a Share that was opened before resumes after the last
// event received.
func (d *customHTTP2) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	base, request, lastID, err := d.requests(ctx, e)
	if err != nil {
		return nil, err
	}
	st := &customStream{position: position{d.resumeState, e.Call.Share, nil}}
	limit := 0
	err = followRedirects(request, func(r httpwire.Request) (eventsResponse, error) {
		h, err := d.client.Get(ctx)
		if err != nil {
			return eventsResponse{}, err
		}
		st.framing = &framing.EventStream{Limit: e.Limit, LastID: []byte(lastID)}
		in := h.NewStream(st.framing, nil)
		limit = h.StreamLimit()
		st.events = in
		return requestHTTP2(ctx, in, r)
	}, func() { _ = st.events.Close() })
	if err != nil {
		return nil, err
	}
	out := sending(st)
	out.StreamLimit = limit
	if e.Post != nil {
		post := d.postConn(e)
		st.poster = newHTTP2Poster(post, base, e.Post)
		if post == d.client {
			out.ReservedStreams = 1
		}
	}
	return out, nil
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

func (d *customHTTP2) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.post == nil {
		return d.client.Close()
	}
	return errors.Join(d.client.Close(), d.post.Close())
}
