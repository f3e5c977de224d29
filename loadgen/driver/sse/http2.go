package sse

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// http2Transport uses one connection for events and POSTs, or another one for POSTs to another server.
type http2Transport struct {
	target driver.Target
	client *httpwire.SharedConn

	mu    sync.Mutex
	posts *httpwire.SharedConn // nil until a stream has a Post URL
}

func newHTTP2(t driver.Target) *http2Transport {
	return &http2Transport{target: t, client: httpwire.NewSharedConn(t)}
}

func (t *http2Transport) requestEvents(ctx context.Context, r httpwire.Request, in *framing.EventStream) (*response, error) {
	c, err := t.client.Get(ctx)
	if err != nil {
		return nil, err
	}
	st := c.NewStream(in, nil)
	head, err := st.Open(ctx, r.Fields(), r.Body, true)
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	status, _ := strconv.Atoi(head.Get(":status"))
	limit, _ := c.StreamLimit()
	return &response{
		status: status, header: head.Get,
		sample: func() []byte { return httpwire.Sample(st) },
		conn:   st, driven: st, streamLimit: limit,
	}, nil
}

func (t *http2Transport) postLinks(e *driver.Endpoint) (dial func(context.Context) (link, error), shared bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.posts == nil {
		t.posts = t.client
		if at, other := postTarget(t.target, e); other {
			t.posts = httpwire.NewSharedConn(at)
		}
	}
	client := t.posts
	return func(ctx context.Context) (link, error) {
		c, err := client.Get(ctx)
		if err != nil {
			return nil, err
		}
		return &http2Link{conn: c, Stream: c.NewStream(nil, nil)}, nil
	}, client == t.client
}

// Close implements driver.Driver.
func (t *http2Transport) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.posts == nil {
		return t.client.Close()
	}
	return errors.Join(t.client.Close(), t.posts.Close())
}

// An http2Link is a stream of a shared connection, opened again for each POST.
type http2Link struct {
	conn *http2.Conn
	*http2.Stream
	gone bool
}

func (l *http2Link) usable() bool { return !l.gone && l.conn.Usable() }

func (l *http2Link) post(r *postRequest, p []byte) (a answer, unprocessed bool, err error) {
	if r.fields == nil {
		r.fields = r.Fields()
	}
	head, err := l.Open(context.Background(), r.fields, p, true) // Close aborts it; a context would allocate
	if err != nil {
		var goAway *http2.GoAway
		l.gone = errors.As(err, &goAway)
		return a, l.gone && goAway.Unprocessed, err
	}
	a.status, _ = strconv.Atoi(head.Get(":status"))
	a.location = head.Get("location")
	a.body, err = l.Body(maxPostResponse)
	if len(a.body) == maxPostResponse {
		l.gone = true
		_ = l.Close()
	}
	if a.status >= 300 {
		err = nil // the status is the reason
	}
	return a, false, err
}
