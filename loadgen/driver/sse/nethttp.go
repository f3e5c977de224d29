package sse

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/loadgen/driver/quicwire"
	"rtbench/proto/framing"
)

// NewNetHTTP returns a driver that uses net/http over HTTP/1.1.
func NewNetHTTP(t driver.Target) driver.Driver {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &client{transport: newNetHTTP(t, overTCP(protocols))}
}

// NewNetHTTP2 returns a driver that uses net/http over HTTP/2.
func NewNetHTTP2(t driver.Target) driver.Driver {
	protocols := new(http.Protocols)
	if protocols.SetHTTP2(t.TLS != nil); t.TLS == nil {
		protocols.SetUnencryptedHTTP2(true)
	}
	return &client{transport: newNetHTTP(t, overTCP(protocols))}
}

func overTCP(protocols *http.Protocols) func(driver.Target) *http.Client {
	return func(t driver.Target) *http.Client { return httpwire.NewClient(t, protocols) }
}

// NewHTTP3 returns a driver that uses quic-go over HTTP/3. One connection carries the events and POSTs of all streams;
// POSTs to another server have their own.
func NewHTTP3(t driver.Target) driver.Driver {
	return &client{transport: newNetHTTP(t, quicwire.NewClient)}
}

// netHTTP uses clients of net/http: one for the target and, if POSTs go to another server, one for that.
type netHTTP struct {
	target    driver.Target
	newClient func(driver.Target) *http.Client
	client    *http.Client

	mu    sync.Mutex
	posts *http.Client // nil until a stream has a Post URL
}

func newNetHTTP(t driver.Target, newClient func(driver.Target) *http.Client) *netHTTP {
	return &netHTTP{target: t, newClient: newClient, client: newClient(t)}
}

func (t *netHTTP) requestEvents(ctx context.Context, r httpwire.Request, in *framing.EventStream) (*response, error) {
	streaming, stop := context.WithCancel(context.Background())
	release := context.AfterFunc(ctx, stop)
	resp, err := t.client.Do(r.NetHTTP(streaming, r.Body))
	if !release() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		stop()
		return nil, err
	}
	return &response{
		status: resp.StatusCode, header: func(name string) string { return resp.Header.Get(name) },
		sample: func() []byte {
			defer context.AfterFunc(ctx, stop)()
			b, _ := io.ReadAll(io.LimitReader(resp.Body, httpwire.MaxSample))
			return b
		},
		conn: newEventReader(pingedBody{resp.Body}, in, func() error { stop(); return nil }),
	}, nil
}

// A pingedBody names the end of a connection whose PING was not answered. net/http has no error for it to compare with.
type pingedBody struct{ io.ReadCloser }

func (b pingedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err.Error() == "http2: client connection lost" {
		err = driver.ErrPing
	}
	return n, err
}

func (t *netHTTP) postLinks(e *driver.Endpoint) (dial func(context.Context) (link, error), shared bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.posts == nil {
		t.posts = t.client
		if at, other := postTarget(t.target, e); other {
			t.posts = t.newClient(at)
		}
	}
	c := t.posts
	return func(context.Context) (link, error) {
		l := &netHTTPLink{client: c}
		l.ctx, l.stop = context.WithCancel(context.Background())
		return l, nil
	}, false
}

// Close implements driver.Driver.
func (t *netHTTP) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := closeClient(t.client)
	if t.posts != nil && t.posts != t.client {
		err = errors.Join(err, closeClient(t.posts))
	}
	return err
}

// closeClient closes the connections of a client: those of net/http close when they are idle.
func closeClient(c *http.Client) error {
	if all, ok := c.Transport.(io.Closer); ok {
		return all.Close()
	}
	c.CloseIdleConnections()
	return nil
}

// A netHTTPLink posts with a client of net/http, which connects when it needs to.
type netHTTPLink struct {
	client *http.Client
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
}

func (l *netHTTPLink) usable() bool { return true }

func (l *netHTTPLink) post(r *postRequest, p []byte) (a answer, unprocessed bool, err error) {
	resp, err := l.client.Do(r.NetHTTP(l.ctx, p))
	if err != nil {
		return a, false, err
	}
	defer resp.Body.Close()
	a.status, a.location = resp.StatusCode, resp.Header.Get("Location")
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxPostResponse))
	return a, false, err
}

// Close implements link.
func (l *netHTTPLink) Close() error {
	l.stop()
	return nil
}
