package sse_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// forEachSSE runs a test over both versions of HTTP: in cleartext, with TLS and with an event loop. drive
// returns the driver for the variant.
func forEachSSE(t *testing.T, test func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client)) {
	for _, protocol := range []string{"sse", "sse-h2"} {
		for _, way := range []string{"cleartext", "TLS", "loop"} {
			t.Run(protocol+"/"+way, func(t *testing.T) {
				t.Parallel()
				test(t, protocol, way == "TLS", func(d *drivertest.Client) *drivertest.Client {
					if way != "loop" {
						return d
					}
					return drivertest.WithLoop(t, d)
				})
			})
		}
	}
}

// flushed writes and flushes s.
func flushed(w http.ResponseWriter, s string) {
	_, _ = io.WriteString(w, s)
	_ = http.NewResponseController(w).Flush()
}

func eventStream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "Text/Event-Stream; charset=utf-8")
	flushed(w, "")
}

// The server receives each configured header once.
func TestEventsRequest(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		asked := 0
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			eventStream(w)
			for _, line := range []string{
				r.Method, r.RequestURI, r.Host, r.Header.Get("Accept"), r.Header.Get("Cache-Control"), r.Header.Get("Accept-Encoding"),
				r.Header.Get("Content-Type"), r.Header.Get("Authorization"), strings.Join(r.Header["X-Two"], ","), r.Header.Get("Cookie"),
				r.Header.Get("Last-Event-ID"), r.Header.Get("Connection"), string(body),
			} {
				flushed(w, "event: x\r\ndata: "+line+"\r\n\r\n")
			}
			flushed(w, "data: never ended\n")
		}, secured)
		d := drive(drivertest.DialHTTP(t, protocol, s, "/a%20b?c=d&e=", func(e *driver.Endpoint) {
			e.Method, e.Body = "POST", []byte(`{"prompt":"hi"}`)
			e.Header = http.Header{"x-two": {"1", "2"}, "Cookie": {"a=b; c=d"}, "Connection": {"close"}, "Host": {"other.test"}}
			e.Bearer = func(context.Context) (string, error) {
				asked++
				return fmt.Sprintf("token%d", asked), nil
			}
		}))
		for n := 1; n <= 2; n++ {
			st := drivertest.Open(t, d, proto.Call{Pattern: proto.Push, Share: n})
			drivertest.Recv(t, st, "POST", "/a%20b?c=d&e=", "other.test", "text/event-stream", "no-store", "identity",
				"application/json", fmt.Sprintf("Bearer token%d", n), "1,2", "a=b; c=d", "", "", `{"prompt":"hi"}`)
			drivertest.RecvEOF(t, st)
			if err := st.Send(nil); err == nil || st.CloseSend() != nil {
				t.Errorf("Send on a receive-only stream: %v", err)
			}
		}
	})
}

// A reopened stream resumes after the last event of its share, after an end or an error.
func TestResumeAfterLastEvent(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			eventStream(w)
			switch last := r.Header.Get("Last-Event-ID"); last {
			case "":
				flushed(w, "data: first\nid: a1\nretry: 1500\n\ndata: lost\nid: a2\n")
			case "a1":
				flushed(w, "data: after "+last+"\n\n")
				panic(http.ErrAbortHandler)
			default:
				flushed(w, "data: wrong "+last+"\n\n")
			}
		}, secured)
		d := drive(drivertest.DialHTTP(t, protocol, s, "/", nil))
		st := drivertest.Open(t, d, proto.Call{Share: 7})
		drivertest.Recv(t, st, "first")
		drivertest.RecvEOF(t, st)
		if got := st.Retry(); got != 1500*time.Millisecond {
			t.Errorf("retry is %v", got)
		}
		for range 2 { // the second stream receives no ID, so the first one's still counts
			st = drivertest.Open(t, d, proto.Call{Share: 7})
			drivertest.Recv(t, st, "after a1")
			if _, err := st.Recv(); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("a broken stream ended with %v", err)
			}
		}
		drivertest.Recv(t, drivertest.Open(t, d, proto.Call{Share: 8}), "first")
	})
}

// Redirects are followed to the same origin, up to a limit.
func TestRefusalClasses(t *testing.T) {
	paths := map[string]http.HandlerFunc{
		"/ok": func(w http.ResponseWriter, _ *http.Request) { eventStream(w); flushed(w, "data: ok\n\n") },
		"/401": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "\n no token\tgiven\nsecond line", http.StatusUnauthorized)
		},
		"/503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"/500": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			flushed(w, strings.Repeat("ä", 5000))
		},
		"/204": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"/304": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
		"/html": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			flushed(w, "<p>text/event-stream</p>")
		},
		"/none": func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil; flushed(w, "") },
		"/gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			eventStream(w)
		},
		"/loop":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/loop"); w.WriteHeader(307) },
		"/nowhere": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(302) },
		"/away": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://evil.test/stream?x=y")
			w.WriteHeader(301)
		},
		"/5": func(w http.ResponseWriter, r *http.Request) {
			n := len(r.URL.Query().Get("n"))
			w.Header().Set("Location", "5?n="+strings.Repeat("x", n+1))
			if n == 4 {
				w.Header().Set("Location", "http"+strings.Repeat("s", btoi(r.TLS != nil))+"://"+r.Host+"/ok")
			}
			w.WriteHeader(303)
		},
	}
	want := map[string]struct{ class, text string }{
		"/ok": {}, "/5": {},
		"/401":     {"HTTP status 401", "the server refused the call: the request for events was answered with HTTP status 401: no token.given"},
		"/503":     {"HTTP status 503", "the server refused the call: the request for events was answered with HTTP status 503"},
		"/500":     {"HTTP status 500", "HTTP status 500: " + strings.Repeat("ä", 98) + "…"},
		"/204":     {"HTTP status 204", "204 No Content: the server asked the client to stop"},
		"/304":     {"HTTP status 304", ""},
		"/404":     {"HTTP status 404", "nothing here"},
		"/html":    {"wrong content type", `the response is "text/html", not text/event-stream`},
		"/none":    {"wrong content type", `the response is "", not text/event-stream`},
		"/gzip":    {"unrequested content encoding", "gzip"},
		"/loop":    {"redirect loop", "more than 5 redirects"},
		"/nowhere": {"redirect to nowhere", "302"},
		"/away":    {"redirect to another host", "redirect (HTTP status 301) to http://evil.test/stream?… is not followed"},
	}
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if h := paths[r.URL.Path]; h != nil {
				h(w, r)
			} else {
				http.Error(w, "nothing here", 404)
			}
		}, secured)
		for path, w := range want {
			d := drive(drivertest.DialHTTP(t, protocol, s, path, nil))
			if w.class == "" {
				drivertest.Recv(t, drivertest.Open(t, d, proto.Call{}), "ok")
				continue
			}
			ctx, cancel := context.WithTimeout(context.Background(), drivertest.Timeout)
			_, err := d.Open(ctx, proto.Call{})
			cancel()
			if !errors.Is(err, driver.ErrRefused) || driver.Class(err) != w.class || !strings.Contains(err.Error(), w.text) {
				t.Errorf("%s: class %q of %v; want %q, with %q", path, driver.Class(err), err, w.class, w.text)
			}
		}
		// This POST would become a GET.
		d := drivertest.DialHTTP(t, protocol, s, "/5", func(e *driver.Endpoint) { e.Method = "POST" })
		if _, err := d.Open(context.Background(), proto.Call{}); driver.Class(err) != "HTTP redirect" {
			t.Errorf("a redirected POST: %v", err)
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
