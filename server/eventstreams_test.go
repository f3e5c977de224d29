package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rtbench/server"
	"rtbench/server/guide"
)

// The guide's event streams over both versions of HTTP.
var http1And2 = map[string]string{"HTTP/1.1": "sse", "HTTP/2.0": "sse-h2"}

// events opens an event stream and returns a function that reads the next event.
func events(t *testing.T, s *server.Server, version, path, last string) (next func() (string, error), resp *http.Response) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(version == "HTTP/1.1")
	protocols.SetUnencryptedHTTP2(version == "HTTP/2.0")
	protocols.SetHTTP2(version == "HTTP/2.0")
	transport := &http.Transport{Protocols: &protocols, DisableKeepAlives: true}
	scheme := "http://"
	if pem := s.Info().Certificate; pem != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(pem))
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		scheme = "https://"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+s.Info().Addresses[http1And2[version]]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err = transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = resp.Body.Close()
		transport.CloseIdleConnections()
	})
	if resp.Proto != version {
		t.Fatalf("spoke %s, want %s", resp.Proto, version)
	}
	lines := bufio.NewReader(resp.Body)
	return func() (string, error) {
		var event strings.Builder
		for {
			line, err := lines.ReadString('\n')
			if err != nil || line == "\n" {
				return event.String(), err
			}
			event.WriteString(line)
		}
	}, resp
}

// counterEvent parses an event.
func counterEvent(t *testing.T, event string) (id string, counter int, timestamp float64, user string) {
	t.Helper()
	var data struct {
		Counter   *int
		Timestamp *float64
		User      string
	}
	for line := range strings.Lines(event) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				t.Fatalf("%q: %v", event, err)
			}
		}
	}
	if id == "" || data.Counter == nil || data.Timestamp == nil {
		t.Fatalf("no identifier, counter or timestamp in %q", event)
	}
	return id, *data.Counter, *data.Timestamp, data.User
}

func TestGuideStreamResumes(t *testing.T) { onStacks(t, guideStreamResumes) }

func guideStreamResumes(t *testing.T, stack string) {
	for _, secured := range []bool{false, true} {
		s := start(t, server.Config{Stack: stack, TLS: secured, Guide: guide.Config{Interval: time.Millisecond}})
		for version := range http1And2 {
			for path, user := range map[string]string{"/stream": "", "/stream/user?token=" + s.TokenFor("alice"): "alice"} {
				next, resp := events(t, s, version, path, "")
				if got := resp.Header.Get("Content-Type") + resp.Header.Get("Cache-Control"); got != "text/event-streamno-cache" {
					t.Errorf("headers %q", got)
				}
				first, err := next()
				if err != nil || !strings.HasPrefix(first, "retry: 1\n") {
					t.Fatalf("first event %q, %v", first, err)
				}
				_, n, began, _ := counterEvent(t, first)
				if n != 0 {
					t.Errorf("counts from %d", n)
				}
				var last string
				for want := 1; want < 5; want++ {
					event, _ := next()
					id, n, at, whose := counterEvent(t, event)
					if n != want || at <= began || whose != user {
						t.Fatalf("event %q, want number %d of %q", event, want, user)
					}
					last = id
				}
				_ = resp.Body.Close()
				// No event is lost, however long the interruption.
				next, _ = events(t, s, version, path, last)
				event, _ := next()
				if _, n, at, _ := counterEvent(t, event); n != 5 || at <= began {
					t.Errorf("resumes with %q after %s", event, last)
				}
			}
		}
	}
}

func TestGuideStreamUserNeedsAToken(t *testing.T) { onStacks(t, guideStreamUserNeedsAToken) }

func guideStreamUserNeedsAToken(t *testing.T, stack string) {
	s := start(t, server.Config{Stack: stack})
	for version := range http1And2 {
		_, resp := events(t, s, version, "/stream/user", "")
		body, _ := io.ReadAll(resp.Body)
		if string(body) != `{"error":"Token required"}` || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("without a token: %q, %v", body, resp.Header)
		}
		for _, token := range []string{"x", strings.Repeat("x", 3000), strings.Repeat("x", 16_000), "%00"} {
			next, _ := events(t, s, version, "/stream/user?token="+token, "")
			if event, err := next(); event != "data: {\"error\":\"Unauthorized\"}\n" || err != nil {
				t.Errorf("token %.10s: %q, %v", token, event, err)
			}
			if event, err := next(); !errors.Is(err, io.EOF) || event != "" {
				t.Errorf("token %.10s: after it %q, %v; want the end", token, event, err)
			}
		}
	}
}

func TestGuideStreamClose(t *testing.T) { onStacks(t, guideStreamClose) }

func guideStreamClose(t *testing.T, stack string) {
	for version := range http1And2 {
		s, err := server.Start(server.Config{Stack: stack, Guide: guide.Config{Interval: time.Hour}})
		if err != nil {
			t.Fatal(err)
		}
		next, _ := events(t, s, version, "/stream", "")
		if _, err := next(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { s.Close(); close(ended) }()
		if event, err := next(); event != "data: {\"status\":\"closing\"}\n" || err != nil {
			t.Errorf("%s: the last event is %q, %v", version, event, err)
		}
		<-ended
	}
}
