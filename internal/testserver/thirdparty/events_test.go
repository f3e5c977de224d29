//go:build linux

package thirdparty

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"rtbench/internal/testrun"
)

// An event holds the fields of a server-sent event.
type event struct{ id, kind, retry, data string }

// next reads one event and skips comments.
func next(lines *bufio.Reader) (event, error) {
	var e event
	for some := false; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return e, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "":
			if line == "\n" && some {
				return e, nil
			}
			continue
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "retry":
			e.retry = value
		case "data":
			e.data += value
		}
		some = true
	}
}

// get opens an event stream, which ends with the context.
func get(ctx context.Context, t *testing.T, c *http.Client, url string, header http.Header) (*http.Response, *bufio.Reader) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response, bufio.NewReader(response.Body)
}

// ticks expects the events from first to count-1 and then the end.
func ticks(t *testing.T, lines *bufio.Reader, first, count int) {
	t.Helper()
	if e, err := next(lines); err != nil || e.retry != "1000" {
		t.Fatalf("got %+v, %v, expected retry: 1000", e, err)
	}
	for n := first; n < count; n++ {
		e, err := next(lines)
		if err != nil || e.kind != "tick" || e.id != fmt.Sprint(n) {
			t.Fatalf("got %+v, %v, expected tick %d", e, err, n)
		}
		expectEvent(t, []byte(e.data), n)
	}
	if e, err := next(lines); !errors.Is(err, io.EOF) {
		t.Errorf("got %+v, %v, expected the end", e, err)
	}
}

func TestEvents(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, c := range []struct {
		name, prefix string
		tls, http2   bool
		proto        string
	}{
		{"fastapi", "", false, false, "HTTP/1.1"},
		{"fastapi", "", true, false, "HTTP/1.1"},
		{"nginx", "", true, true, "HTTP/2.0"},
		{"nginx", "", true, false, "HTTP/1.1"},
		{"nginx", "/buffered", true, true, "HTTP/2.0"},
	} {
		t.Run(fmt.Sprint(c.name, c.prefix, " ", c.tls, " ", c.proto), func(t *testing.T) {
			t.Parallel()
			s := start(t, c.name, c.tls, 0)
			agent := client(t, s, c.http2)
			response, lines := get(bounded(t), t, agent, s.URL("http", c.prefix+"/events?count=20"), nil)
			if response.Proto != c.proto || response.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
				t.Errorf("got %s, %v", response.Proto, response.Header)
			}
			ticks(t, lines, 0, 20)
			again := http.Header{"Last-Event-Id": {"14"}}
			_, lines = get(bounded(t), t, agent, s.URL("http", c.prefix+"/events?count=20"), again)
			ticks(t, lines, 15, 20)
			check(t, "/events", s.Ledger(t).Routes["/events"], 2, 0, 25, map[string]int{"end": 2})
		})
	}
}

// A message posted to a session arrives as an event, and the server notices when a client
// disconnects.
func TestMessages(t *testing.T) {
	for _, name := range []string{"fastapi", "nginx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, name)
			agent := client(t, s, true)
			post := func(session, body string) int {
				request, err := http.NewRequestWithContext(bounded(t), http.MethodPost, s.URL("http", "/messages"), strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				request.AddCookie(&http.Cookie{Name: "session", Value: session})
				response, err := agent.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				return response.StatusCode
			}
			ctx, cancel := context.WithCancel(bounded(t))
			_, lines := get(ctx, t, agent, s.URL("http", "/events?session=one"), nil)
			if e, err := next(lines); err != nil || e.retry != "1000" {
				t.Fatalf("got %+v, %v, expected retry: 1000", e, err)
			}
			for i := range 10 {
				body := fmt.Sprintf(`{"id":%d}`, i)
				if code := post("one", body); code != http.StatusAccepted {
					t.Fatalf("the POST returned %d, expected 202", code)
				}
				if e, err := next(lines); err != nil || e.data != body || e.kind != "message" {
					t.Fatalf("got %+v, %v, expected %s", e, err, body)
				}
			}
			if code := post("two", "{}"); code != http.StatusNotFound {
				t.Errorf("a POST to an unknown session returned %d, expected 404", code)
			}
			cancel()
			l := s.Ledger(t)
			check(t, "/events", l.Routes["/events"], 1, 0, 10, map[string]int{"gone": 1})
			check(t, "/messages", l.Routes["/messages"], 0, 10, 0, nil)
			if l.Refused["404"] != 1 {
				t.Errorf("refused %v, expected one with 404", l.Refused)
			}
		})
	}
}

// Private routes require the token.
func TestPrivate(t *testing.T) {
	t.Parallel()
	s := Start(t, "fastapi")
	agent := client(t, s, false)
	url := s.URL("http", "/private/events?count=1")
	response, _ := get(bounded(t), t, agent, url, nil)
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token the status is %d, expected 401", response.StatusCode)
	}
	_, lines := get(bounded(t), t, agent, url, http.Header{"Authorization": {"Bearer " + Token}})
	ticks(t, lines, 0, 1)
	_, _, err := dial(t, s, "/private/ws", ws.Dialer{})
	var status ws.StatusError
	if !errors.As(err, &status) || int(status) != http.StatusForbidden {
		t.Errorf("got %v, expected 403", err)
	}
	header := ws.HandshakeHeaderHTTP{"Authorization": {"Bearer " + Token}}
	c, _, err := dial(t, s, "/private/ws", ws.Dialer{Header: header})
	if err != nil {
		t.Fatal(err)
	}
	jsonEcho(t, c, 1)
	hangUp(t, c, 1000)
	l := s.Ledger(t)
	check(t, "/private/ws", l.Routes["/private/ws"], 1, 1, 1, map[string]int{"1000": 1})
	if l.Refused["401"] != 1 || l.Refused["403"] != 1 {
		t.Errorf("refused %v, expected one with 401 and one with 403", l.Refused)
	}
}

// nginx requires a client certificate below /mtls.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	s := Start(t, "nginx")
	url := s.URL("http", "/mtls/events?count=1")
	response, _ := get(bounded(t), t, client(t, s, true), url, nil)
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("without a certificate the status is %d, expected 403", response.StatusCode)
	}
	mine, err := tls.LoadX509KeyPair(s.Files.ClientCert, s.Files.ClientKey)
	if err != nil {
		t.Fatal(err)
	}
	agent := client(t, s, true)
	agent.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{mine}
	_, lines := get(bounded(t), t, agent, url, nil)
	ticks(t, lines, 0, 1)
	check(t, "/events", s.Ledger(t).Routes["/events"], 1, 0, 1, nil)
}
