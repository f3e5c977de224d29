package faulty

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	messageCount = 120 // messages that a client sends or receives
	limit        = 1 << 20
	bound        = 20 * time.Second
)

// seen holds the messages that an independent client received.
type seen struct {
	messages []string
	ids      []string // of events
	err      error    // how the stream, or opening it, ended; nil after a clean end
}

func (s seen) String() string { return fmt.Sprintf("%d messages, then %v", len(s.messages), s.err) }

// see opens a stream, sends messages and receives until the end. With faults after which
// nothing arrives it gives up shortly after the fault.
func see(t *testing.T, s *Server) seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	if f := s.Fault; f.Class == "timeout" || f.Name == "never answers a close frame" || f.String() == "websocket: endless header" {
		go func() {
			s.Await(ctx, func(l *Ledger) bool { return l.FaultsDone > 0 })
			s.sleep(200 * time.Millisecond)
			cancel()
		}()
	}
	return map[string]func(context.Context, *testing.T, *Server) seen{
		"websocket": seeWebSocket, "sse": seeEvents, "sse-h2": seeEvents, "grpc": seeGRPC, "tcp": seeTCP,
	}[s.Fault.Protocol](ctx, t, s)
}

// listen is like see but sends nothing.
func listen(ctx context.Context, t *testing.T, s *Server) seen {
	ctx = context.WithValue(ctx, silence{}, true)
	switch s.Fault.Protocol {
	case "websocket":
		return seeWebSocket(ctx, t, s)
	case "grpc":
		return seeGRPC(ctx, t, s)
	}
	return seeTCP(ctx, t, s)
}

type silence struct{}

func silently(ctx context.Context) bool { return ctx.Value(silence{}) != nil }

func said(i int) string { return fmt.Sprintf(`{"id":%d,"text":"hello"}`, i) }

// trusting returns a client configuration that trusts the server's authority.
func trusting(s *Server, protocols ...string) *tls.Config {
	if !s.Fault.TLS {
		return nil
	}
	c := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12, NextProtos: protocols}
	c.RootCAs.AppendCertsFromPEM(s.CA)
	return c
}

// seeTCP also returns a write error: the kernel reports a reset only once, and later reads see
// EOF.
func seeTCP(ctx context.Context, _ *testing.T, s *Server) seen {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(s.URL, "tcp://"))
	if err != nil {
		return seen{err: err}
	}
	c := nc.(*net.TCPConn)
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	framed := &tcpTransport{c: &conn{TCPConn: c}, lengthPrefixed: s.Fault.LengthPrefixed, r: bufio.NewReader(c)}
	wrote := make(chan error, 1)
	go func() {
		if silently(ctx) {
			wrote <- nil
			return
		}
		var err error
		for i := 0; i < messageCount && err == nil; i++ {
			err = framed.message(i, []byte(said(i)))
		}
		_ = c.CloseWrite()
		wrote <- err
	}()
	got := takeFramed(framed)
	if err := <-wrote; err != nil {
		got.err = errors.Join(got.err, err)
	}
	return got
}

func takeFramed(t *tcpTransport) (got seen) {
	if t.lengthPrefixed {
		for {
			p, err := t.next()
			if err != nil {
				got.err = err
				return got
			}
			got.messages = append(got.messages, string(p))
		}
	}
	lines := bufio.NewScanner(t.r)
	lines.Buffer(nil, limit)
	lines.Split(wholeLines)
	for lines.Scan() {
		got.messages = append(got.messages, lines.Text())
	}
	if got.err = lines.Err(); got.err == nil {
		got.err = io.EOF
	}
	return got
}

// wholeLines is bufio.ScanLines, except that EOF does not end a line.
func wholeLines(b []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1, b[:i], nil
	}
	if atEOF && len(b) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

// httpClient returns a client for the server's SSE protocol.
func httpClient(t *testing.T, s *Server) *http.Client {
	var protocols http.Protocols
	switch {
	case s.Fault.Protocol == "sse":
		protocols.SetHTTP1(true)
	case s.Fault.TLS:
		protocols.SetHTTP2(true)
	default:
		protocols.SetUnencryptedHTTP2(true)
	}
	tr := &http.Transport{TLSClientConfig: trusting(s), Protocols: &protocols, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != via[0].URL.Host || len(via) > 3 {
			return fmt.Errorf("redirected to %s", r.URL.Host)
		}
		return nil
	}}
}

func seeEvents(ctx context.Context, t *testing.T, s *Server) seen {
	return seeEventsFrom(ctx, httpClient(t, s), s, "", "")
}

// seeEventsFrom receives the events after the one with the id.
func seeEventsFrom(ctx context.Context, client *http.Client, s *Server, id, token string) (got seen) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return seen{err: err}
	}
	if id != "" {
		r.Header.Set("Last-Event-ID", id)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := client.Do(r)
	if err != nil {
		return seen{err: err}
	}
	defer a.Body.Close()
	if kind := a.Header.Get("Content-Type"); a.StatusCode != 200 || kind != "text/event-stream" || a.Header.Get("Content-Encoding") != "" {
		text, _ := io.ReadAll(io.LimitReader(a.Body, 100))
		return seen{err: fmt.Errorf("HTTP %d %s %s %q", a.StatusCode, kind, a.Header.Get("Content-Encoding"), text)}
	}
	return takeEvents(a.Body)
}

// takeEvents reads events with LF, CR or CRLF line ends until it has enough.
func takeEvents(body io.Reader) (got seen) {
	in := bufio.NewReader(body)
	data, lastID, size := []string(nil), "", 0
	for len(got.messages) < messageCount {
		line, n, err := eventLine(in, limit)
		if size += n; size > limit {
			err = bufio.ErrTooLong
		}
		if err != nil {
			if len(data) > 0 || line != "" {
				err = errors.Join(err, io.ErrUnexpectedEOF)
			}
			got.err = err
			return got
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(line, "\xEF\xBB\xBF"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && len(data) > 0:
			got.messages = append(got.messages, strings.Join(data, "\n"))
			got.ids = append(got.ids, lastID)
			data, size = nil, 0
		case name == "data":
			data = append(data, value)
		case name == "id" && !strings.Contains(value, "\x00"):
			lastID = value
		}
	}
	return got
}

func eventLine(in *bufio.Reader, most int) (string, int, error) {
	var line []byte
	for len(line) < most {
		b, err := in.ReadByte()
		switch {
		case err != nil:
			return string(line), len(line), err
		case b == '\r':
			// Blocking on the LF of a CRLF is good enough here.
			if next, err := in.Peek(1); err == nil && next[0] == '\n' {
				_, _ = in.Discard(1)
			}
			return string(line), len(line), nil
		case b == '\n':
			return string(line), len(line), nil
		}
		line = append(line, b)
	}
	return "", len(line), bufio.ErrTooLong
}
