package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"

	"rtbench/loadgen/driver"
)

// minEvents distinguishes a stream from a single response.
const minEvents = 3

// stream requests the guide's /stream over a handwritten connection and reads some events.
// HTTP/1.0 clients do not understand chunked encoding.
func stream(fact, version string) func(*httpConn, *Notes) error {
	return func(c *httpConn, n *Notes) error {
		resp, err := c.request(n, "GET /stream "+version, "Accept: text/event-stream")
		if err != nil {
			return err
		}
		but := ""
		if version == "HTTP/1.0" && len(resp.TransferEncoding) > 0 {
			but = ". HTTP/1.0 has no transfer codings, so its clients read the chunk sizes as part of the stream"
		}
		coding := fmt.Sprintf(", transfer coding %q", strings.Join(resp.TransferEncoding, ", "))
		return noteStream(n, fact, fmt.Sprintf("over %s %s returned", version, c.describeTLS()), resp, but == "", coding, but)
	}
}

// streamHTTP2 requests the guide's /stream with net/http: in cleartext with prior knowledge of HTTP/2,
// or over TLS, where the client offers HTTP/1.1 too and lets the server choose.
func streamHTTP2(fact string, secure bool) do {
	return func(ctx context.Context, s Servers, n *Notes) error {
		t := new(tap)
		var protocols http.Protocols
		protocols.SetHTTP1(secure)
		protocols.SetHTTP2(secure)
		protocols.SetUnencryptedHTTP2(!secure)
		resp, closeStream, err := getStream(ctx, s.target("sse-h2", secure, t), &protocols, "")
		if err != nil {
			return err
		}
		defer closeStream()
		logResponse(n, resp)
		how := "in cleartext with prior knowledge of HTTP/2 returned"
		if resp.TLS != nil {
			how = fmt.Sprintf("over %s, where the server chose %q from h2 and http/1.1, returned", tls.VersionName(resp.TLS.Version), resp.TLS.NegotiatedProtocol)
		}
		err = noteStream(n, fact, how, resp, resp.ProtoMajor == 2, "", "")
		t.logTo(n)
		return err
	}
}

// noteStream reads some events and answers whether the response is a stream of them; right is false if
// it is the wrong one.
func noteStream(n *Notes, fact, how string, resp *http.Response, right bool, coding, but string) error {
	got, err := countEvents(n, resp)
	if err != nil {
		return err
	}
	n.Answer(fact, right && isEventStream(resp) && got >= 2, "GET /stream %s %s %d, %s%s and %d events%s.",
		how, resp.Proto, resp.StatusCode, resp.Header.Get("Content-Type"), coding, got, but)
	return nil
}

// countEvents reads up to minEvents events if the response is an event stream.
func countEvents(n *Notes, resp *http.Response) (got int, err error) {
	if !isEventStream(resp) {
		return 0, nil
	}
	for events := newEventReader(resp.Body); got < minEvents; got++ {
		e, err := events.next()
		if err != nil {
			return got, fmt.Errorf("waiting for event %d: %w", got, err)
		}
		n.Logf("  event: id %q, data %s", e.id, e.data)
	}
	return got, nil
}

// getStream requests the guide's /stream with net/http, after the event with the id last if that is not
// empty. The caller must call done.
func getStream(ctx context.Context, to driver.Target, protocols *http.Protocols, last string) (resp *http.Response, done func(), err error) {
	by := &http.Transport{DialContext: to.Dial, Protocols: protocols}
	if to.TLS != nil {
		by.TLSClientConfig = to.TLSConfig("h2", "http/1.1")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, driver.NewURL("http", to.TLS != nil, to.Address, "/stream", "").String(), http.NoBody)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	if resp, err = by.RoundTrip(req); err != nil {
		by.CloseIdleConnections()
		return nil, nil, err
	}
	return resp, func() {
		_ = resp.Body.Close()
		by.CloseIdleConnections()
	}, nil
}

func logResponse(n *Notes, resp *http.Response) {
	var head strings.Builder
	_ = resp.Header.Write(&head) // writing to a Builder never fails
	n.Logf("  < %s %s, transfer codings %q", resp.Proto, resp.Status, resp.TransferEncoding)
	for line := range strings.Lines(head.String()) {
		n.Logf("  < %s", strings.TrimSpace(line))
	}
}
