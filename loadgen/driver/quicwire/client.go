package quicwire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"rtbench/loadgen/driver"
)

// NewClient returns a client of net/http that speaks HTTP/3 to a target, over one connection. It leaves redirects to
// its user. Its Transport is an io.Closer.
func NewClient(t driver.Target) *http.Client {
	begin := func(_ context.Context, conn *quic.Conn) (*http3.ClientConn, error) {
		return new(http3.Transport).NewClientConn(conn), nil
	}
	return &http.Client{
		Transport:     roundTripper{NewShared(t, Config(), begin)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type roundTripper struct{ *Shared[*http3.ClientConn] }

// RoundTrip implements http.RoundTripper. It sends a request on another connection if the first is ending and has not
// processed it.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	for again := false; ; again = true {
		c, err := t.Get(r.Context())
		if err != nil {
			return nil, err
		}
		resp, err := c.RoundTrip(r)
		switch {
		case err == nil:
			resp.Body = body{resp.Body}
			return resp, nil
		case again || !unusable(err) && (!rejected(err) || r.Body != nil):
			return nil, Explain(err)
		}
		t.Discard(c)
	}
}

// A body is a response body whose errors have classes.
type body struct{ io.ReadCloser }

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	return n, Explain(err)
}

// unusable reports whether a connection took no request: it has ended, or its server shuts it down. quic-go has no
// error for it to compare with.
func unusable(err error) bool { return strings.HasPrefix(err.Error(), "http3: conn unusable") }

// rejected reports whether a server has not processed a request (RFC 9114, section 8.1).
func rejected(err error) bool {
	return errors.Is(err, &http3.Error{Remote: true, ErrorCode: http3.ErrCodeRequestRejected})
}
