package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rtbench/proto"
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
		got, err := countEvents(n, resp)
		if err != nil {
			return err
		}
		coding := strings.Join(resp.TransferEncoding, ", ")
		readable := version != "HTTP/1.0" || coding == ""
		but := ""
		if !readable {
			but = ". HTTP/1.0 has no transfer codings, so its clients read the chunk sizes as part of the stream"
		}
		n.Answer(fact, isEventStream(resp) && got >= 2 && readable,
			"GET /stream over %s %s returned %s %d, %s, transfer coding %q and %d events%s.",
			version, c.describeTLS(), resp.Proto, resp.StatusCode, resp.Header.Get("Content-Type"), coding, got, but)
		return nil
	}
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

func streamH2C(ctx context.Context, s Servers, n *Notes) error {
	t := new(tap)
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	resp, got, err := streamOver(ctx, s.Plain, n, "http", &http.Transport{DialContext: t.dial, Protocols: &protocols})
	if err != nil {
		return err
	}
	t.logTo(n)
	n.Answer("sse/http2-cleartext", resp.ProtoMajor == 2 && isEventStream(resp) && got >= 2,
		"GET /stream in cleartext with prior knowledge of HTTP/2 returned %s %d, %s and %d events.",
		resp.Proto, resp.StatusCode, resp.Header.Get("Content-Type"), got)
	return nil
}

func streamH2(ctx context.Context, s Servers, n *Notes) error {
	var protocols http.Protocols
	protocols.SetHTTP1(true) // offered too, to let the server choose
	protocols.SetHTTP2(true)
	resp, got, err := streamOver(ctx, s.TLS, n, "https", &http.Transport{TLSClientConfig: tlsOffering(s, "h2", "http/1.1"), Protocols: &protocols})
	if err != nil {
		return err
	}
	agreed := "nothing"
	if resp.TLS != nil {
		agreed = fmt.Sprintf("%s and %q by ALPN", tls.VersionName(resp.TLS.Version), resp.TLS.NegotiatedProtocol)
	}
	n.Answer("sse/http2-alpn", resp.ProtoMajor == 2 && resp.TLS != nil && resp.TLS.NegotiatedProtocol == "h2" && isEventStream(resp) && got >= 2,
		"A client that offered h2 and http/1.1 negotiated %s; GET /stream returned %s %d, %s and %d events.",
		agreed, resp.Proto, resp.StatusCode, resp.Header.Get("Content-Type"), got)
	return nil
}

// streamOver requests /stream over HTTP/2 and counts events.
func streamOver(ctx context.Context, i proto.Info, n *Notes, scheme string, by *http.Transport) (*http.Response, int, error) {
	defer by.CloseIdleConnections()
	to, err := address(i, "sse-h2")
	if err != nil {
		return nil, 0, err
	}
	n.Logf("  > GET %s://%s/stream", scheme, to)
	resp, err := getStream(ctx, by, scheme+"://"+to, "")
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	logResponse(n, resp)
	got, err := countEvents(n, resp)
	return resp, got, err
}

func logResponse(n *Notes, resp *http.Response) {
	n.Logf("  < %s %s", resp.Proto, resp.Status)
	var lines []string
	for name, values := range resp.Header {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	for _, line := range lines {
		n.Logf("  < %s", line)
	}
}
