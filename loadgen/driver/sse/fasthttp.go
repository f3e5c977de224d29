package sse

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/framing"
)

// NewFastHTTP returns a driver that uses fasthttp.
func NewFastHTTP(t driver.Target) driver.Driver { return &client{transport: fastHTTP{t}} }

// fastHTTP uses a client of fasthttp for the events of each stream and another one for its POSTs.
type fastHTTP struct{ target driver.Target }

// newHostClient returns a client that connects to a target, until ctx ends.
func newHostClient(ctx context.Context, t driver.Target) *hostClient {
	c := &hostClient{HostClient: fasthttp.HostClient{
		Addr: t.Address, IsTLS: t.TLS != nil, NoDefaultUserAgentHeader: true, MaxResponseBodySize: maxPostResponse,
		RetryIfErr: func(*fasthttp.Request, int, error) (resetTimeout, retry bool) { return false, false },
	}}
	c.Dial = func(string) (net.Conn, error) {
		nc, err := t.DialTCP(ctx)
		if err == nil {
			err = c.hold(nc)
		}
		return nc, err
	}
	if t.TLS != nil {
		c.TLSConfig = t.TLSConfig("http/1.1")
	}
	return c
}

// A hostClient is a client of one connection at a time.
type hostClient struct {
	fasthttp.HostClient
	mu     sync.Mutex
	conn   net.Conn // the last
	closed bool
}

func (c *hostClient) hold(nc net.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = nc.Close()
		return net.ErrClosed
	}
	c.conn = nc
	return nil
}

// Close ends the connection and aborts a request.
func (c *hostClient) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.CloseIdleConnections()
	return nil
}

// do sends a request. It gives errors of fasthttp their class.
func (c *hostClient) do(req *fasthttp.Request, resp *fasthttp.Response) error {
	err := c.Do(req, resp)
	if errors.Is(err, fasthttp.ErrConnectionClosed) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (t fastHTTP) requestEvents(ctx context.Context, r httpwire.Request, in *framing.EventStream) (*response, error) {
	c := newHostClient(ctx, t.target)
	c.StreamResponseBody = true
	req, resp := new(fasthttp.Request), new(fasthttp.Response)
	fillFastHTTP(req, r, r.Body)
	req.SetConnectionClose() // the events end with the connection
	release := context.AfterFunc(ctx, func() { _ = c.Close() })
	err := c.do(req, resp)
	if !release() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	body := resp.BodyStream()
	if body == nil { // the status excludes a body
		body = http.NoBody
	}
	return &response{
		status: resp.StatusCode(), header: func(name string) string { return string(resp.Header.Peek(name)) },
		sample: func() []byte {
			defer context.AfterFunc(ctx, func() { _ = c.Close() })()
			b, _ := io.ReadAll(io.LimitReader(body, httpwire.MaxSample))
			return b
		},
		conn: newEventReader(body, in, c.Close),
	}, nil
}

// fillFastHTTP fills a request of fasthttp.
func fillFastHTTP(req *fasthttp.Request, r httpwire.Request, body []byte) {
	req.SetBodyRaw(body)
	req.SetRequestURI(r.URL.String())
	req.Header.SetMethod(r.Method)
	req.UseHostHeader = true
	req.Header.SetHost(r.Host)
	req.Header.SetNoDefaultContentType(true)
	for name, values := range r.Header {
		for _, v := range values {
			req.Header.Add(name, v)
		}
	}
}

func (t fastHTTP) postLinks(e *driver.Endpoint) (dial func(context.Context) (link, error), shared bool) {
	target, _ := postTarget(t.target, e)
	return func(context.Context) (link, error) {
		return &fastHTTPLink{hostClient: newHostClient(context.Background(), target)}, nil
	}, false
}

// Close implements driver.Driver. Streams close their own connections.
func (t fastHTTP) Close() error { return nil }

// A fastHTTPLink posts with a client of fasthttp, which connects when it needs to.
type fastHTTPLink struct {
	*hostClient
	resp fasthttp.Response
}

func (l *fastHTTPLink) usable() bool { return true }

func (l *fastHTTPLink) post(r *postRequest, p []byte) (a answer, unprocessed bool, err error) {
	req := fasthttp.AcquireRequest()
	defer fasthttp.ReleaseRequest(req)
	fillFastHTTP(req, r.Request, p)
	if err := l.do(req, &l.resp); err != nil {
		return a, false, err
	}
	return answer{status: l.resp.StatusCode(), location: string(l.resp.Header.Peek("Location")), body: l.resp.Body()}, false, nil
}
