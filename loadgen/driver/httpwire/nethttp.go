package httpwire

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"

	"rtbench/loadgen/driver"
)

// NewClient returns a client of net/http that connects to a target. It leaves redirects to its user.
func NewClient(t driver.Target, protocols *http.Protocols) *http.Client {
	rt := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return t.DialTCP(ctx) },
		Protocols:   protocols,
		HTTP2: &http.HTTP2Config{
			StrictMaxConcurrentRequests: true, // one connection
			SendPingTimeout:             t.Ping.Every, PingTimeout: t.Ping.Timeout,
		},
	}
	if t.TLS != nil {
		rt.TLSClientConfig = t.TLSConfig()
	}
	return &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// NetHTTP returns the request, with a body, as one of net/http.
func (r Request) NetHTTP(ctx context.Context, body []byte) *http.Request {
	out := (&http.Request{Method: r.Method, URL: r.URL, Host: r.Host, Header: r.Header.Clone()}).WithContext(ctx)
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return out
}
