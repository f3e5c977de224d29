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
		st.poster = newHTTP2Poster(d.postConn(e), base, e.Post)
	}
	return sending(st), nil
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
	d.mu.Lock()
	if d.post == d.client {
		reserved = 1
	}
	d.mu.Unlock()
	most, _ = d.client.StreamLimit()
	return most, reserved
}

func (d *customHTTP2) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.post == nil {
		return d.client.Close()
	}
	return errors.Join(d.client.Close(), d.post.Close())
}
