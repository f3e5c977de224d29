package sse_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// postTo sets the Post URL to a path of the same server.
func postTo(path string) func(*driver.Endpoint) {
	return func(e *driver.Endpoint) {
		e.Post, _ = e.URL.Parse(path)
		e.Header = http.Header{"X-Key": {"k"}}
		e.Bearer = func(context.Context) (string, error) { return "token", nil }
	}
}

// The server receives messages with their headers, unchanged.
func TestPost(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		posted := make(chan string, 10)
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				b, _ := io.ReadAll(r.Body)
				w.WriteHeader(200 + len(b)%3) // 200, 201, 202
				_, _ = io.WriteString(w, strings.Repeat("dropped", 100))
				posted <- fmt.Sprintf("%s|%s|%s|%s|%s", r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.Header.Get("X-Key"), b)
				return
			}
			eventStream(w)
			for {
				select {
				case p := <-posted:
					flushed(w, "data: "+p+"\n\n")
				case <-r.Context().Done():
					return
				}
			}
		}, secured)
		st := drivertest.Open(t, drive(drivertest.DialHTTP(t, protocol, s, "/events", postTo("/in"))), proto.Call{Pattern: proto.Echo})
		for _, p := range []string{"hello", `{"a":1}`, "[1]", "", strings.Repeat("x", 100_000)} {
			kind := "text/plain; charset=utf-8"
			if strings.HasPrefix(p, "{") || strings.HasPrefix(p, "[") {
				kind = "application/json"
			}
			if err := st.Send([]byte(p)); err != nil {
				t.Fatalf("Send: %v", err)
			}
			drivertest.Recv(t, st, "/in|"+kind+"|Bearer token|k|"+p)
		}
		if !st.SendWaits {
			t.Error("SendWaits is false")
		}
		if err := st.CloseSend(); err != nil || st.Send(nil) == nil {
			t.Errorf("Send after CloseSend: %v", err)
		}
	})
}

// A refused POST returns the reason and does not affect the next one.
func TestPostRefused(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				eventStream(w)
				<-r.Context().Done()
				return
			}
			switch b, _ := io.ReadAll(r.Body); {
			case r.URL.Path == "/x":
			case string(b) == "bad":
				http.Error(w, "what is this", http.StatusUnprocessableEntity)
			case string(b) == "elsewhere":
				http.Redirect(w, r, "/x", http.StatusTemporaryRedirect)
			case string(b) == "as a GET":
				http.Redirect(w, r, "/x", http.StatusFound)
			case string(b) == "away":
				http.Redirect(w, r, "http://evil.test/x?token=secret", http.StatusPermanentRedirect)
			case string(b) == "much":
				_, _ = w.Write(make([]byte, 300<<10))
			case string(b) == "headers":
				w.Header().Set("X-Long", strings.Repeat("x", 20<<10))
			}
		}, secured)
		st := drivertest.Open(t, drive(drivertest.DialHTTP(t, protocol, s, "/", postTo("/in"))), proto.Call{Pattern: proto.Echo})
		for _, c := range []struct{ p, class string }{
			{"good", ""},
			{"bad", "HTTP status 422"},
			{"good", ""},
			{"elsewhere", ""},
			{"as a GET", "HTTP redirect"},
			{"away", "redirect to another host"},
			{"much", ""},
			{"headers", ""},
			{"much", ""},
			{"good", ""},
		} {
			err := drivertest.Bounded(t, "Send", func() error { return st.Send([]byte(c.p)) })
			if (err == nil) != (c.class == "") || err != nil && driver.Class(err) != c.class {
				t.Errorf("%s: %v", c.p, err)
			}
		}
	})
}

// respondPosts responds to POSTs of 4 bytes until gone returns true.
func respondPosts(nc net.Conn, response []byte, gone func() bool) {
	br := bufio.NewReader(nc)
	in := make([]byte, 1024)
	for !gone() {
		n, sawEnd := 0, false // must not allocate: a test counts allocations
		for ; !sawEnd; n++ {
			b, err := br.ReadByte()
			if err != nil || n == len(in) {
				return
			}
			in[n] = b
			sawEnd = n > 3 && string(in[n-3:n+1]) == "\r\n\r\n"
		}
		if string(in[:3]) == "GET" {
			_, _ = io.WriteString(nc, eventsHead+"\r\n")
			_, _ = io.Copy(io.Discard, br)
			return
		}
		if _, err := br.Discard(4); err != nil {
			return
		}
		if _, err := nc.Write(response); err != nil {
			return
		}
	}
}

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

// If the server closes the connection between two POSTs, the poster reconnects. It is an error if the
// first POST fails or the response has started.
func TestPostReconnects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		response string
		posts    int // per connection
		good     bool
	}{
		"one a connection":  {noContent, 1, true},
		"two a connection":  {noContent, 2, true},
		"Connection: close": {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 1, true},
		"lines with LF":     {"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;x\nok\n1\n!\n0\nX: y\n\n", 2, true},
		"until close":       {"HTTP/1.1 200 OK\r\n\r\nok", 1, true},
		"none a connection": {noContent, 0, false},
		"half a response":   {"HTTP/1.1 2", 1, false},
	} {
		var conns atomic.Int32
		base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
			conns.Add(1)
			left := c.posts
			if left == 0 {
				br := bufio.NewReader(nc)
				if head, err := drivertest.ReadHead(br); err != nil || strings.HasPrefix(head, "POST") {
					return
				}
				_, _ = io.WriteString(nc, eventsHead+"\r\n")
				_, _ = io.Copy(io.Discard, br)
			}
			respondPosts(nc, []byte(c.response), func() bool { left--; return left < 0 })
		})
		st := drivertest.Open(t, drivertest.NewCustomDriver(t, "sse", drivertest.CustomTarget(t, base, "/", postTo("/in"))), proto.Call{Pattern: proto.Echo})
		var err error
		for range 6 {
			if err = drivertest.Bounded(t, "Send", func() error { return st.Send([]byte("post")) }); err != nil {
				break
			}
		}
		if (err == nil) != c.good || err != nil && driver.Class(err) != "connection closed by the server" && driver.Class(err) != "connection reset" {
			t.Errorf("%s: %v", name, err)
		}
		if c.good && int(conns.Load()) != 1+6/c.posts {
			t.Errorf("%s: %d connections", name, conns.Load())
		}
	}
}

// If the server closes the connection for POSTs, the poster uses another one, and the events continue.
func TestPostAfterConnectionClose(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		posted := make(chan string, 10)
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				b, _ := io.ReadAll(r.Body)
				w.Header().Set("Connection", "close")
				w.WriteHeader(204)
				posted <- string(b)
				return
			}
			eventStream(w)
			for range 5 {
				flushed(w, "data: "+<-posted+"\n\n")
			}
		}, secured)
		st := drivertest.Open(t, drive(drivertest.DialHTTP(t, protocol, s, "/", postTo("/in"))), proto.Call{Pattern: proto.Echo})
		for i := range 5 {
			p := fmt.Sprintf("message %d", i)
			if err := st.Send([]byte(p)); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			drivertest.Recv(t, st, p)
		}
		drivertest.RecvEOF(t, st)
	})
}

// POSTs can go to another server than the event stream.
func TestPostToOtherServer(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, _ bool, drive func(*drivertest.Client) *drivertest.Client) {
		var received atomic.Int32
		there := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if b, _ := io.ReadAll(r.Body); string(b) == "x" && r.Host == strings.TrimPrefix(r.Header.Get("X-There"), "http://") {
				received.Add(1)
			}
			w.WriteHeader(204)
		}, false)
		here := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) { eventStream(w); <-r.Context().Done() }, false)
		d := drive(drivertest.DialHTTP(t, protocol, here, "/", func(e *driver.Endpoint) {
			e.Header = http.Header{"X-There": {there.URL}}
			e.Post, _ = url.Parse(there.URL)
		}))
		st := drivertest.Open(t, d, proto.Call{Pattern: proto.Push})
		for range 3 {
			if err := st.Send([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if received.Load() != 3 {
			t.Errorf("%d messages received", received.Load())
		}
	})
}

// Close aborts a POST that waits for a response or a connection.
func TestCloseUnblocksSend(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"sse", "sse-h2"} {
		inPost := make(chan struct{})
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				close(inPost)
			} else {
				eventStream(w)
			}
			<-r.Context().Done()
		}, false)
		st := drivertest.Open(t, drivertest.DialHTTP(t, protocol, s, "/", postTo("/in")), proto.Call{Pattern: proto.Echo})
		sent := make(chan error, 1)
		go func() { sent <- st.Send(nil) }()
		<-inPost
		_ = st.Close()
		if err := drivertest.Bounded(t, "Send", func() error { return <-sent }); err == nil {
			t.Error("a POST without a response succeeded")
		}
		if err := drivertest.Bounded(t, "Send", func() error { return st.Send(nil) }); err == nil {
			t.Error("a POST on a closed stream succeeded")
		}
	}
}

func TestPostCostsNoAllocation(t *testing.T) {
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		respondPosts(nc, []byte("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"), func() bool { return false })
	})
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "sse", drivertest.CustomTarget(t, base, "/", postTo("/in"))), proto.Call{Pattern: proto.Echo})
	message := []byte("post")
	post := func() {
		if err := st.Send(message); err != nil {
			t.Fatal(err)
		}
	}
	post()
	if n := testing.AllocsPerRun(200, post); n != 0 {
		t.Errorf("%v allocations per POST", n)
	}
}

// A server that ends a session refuses its messages before the end of the events has arrived: that is the end of the
// stream, not of a message. Without a session it is an answer to the message.
func TestPostToEndedSession(t *testing.T) {
	forEachSSE(t, func(t *testing.T, protocol string, secured bool, drive func(*drivertest.Client) *drivertest.Client) {
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				http.Error(w, "no such session", http.StatusNotFound)
				return
			}
			eventStream(w)
			<-r.Context().Done()
		}, secured)
		for want, path := range map[error]string{driver.ErrEnded: "/end", driver.ErrMessageFailed: ""} {
			st := drivertest.Open(t, drive(drivertest.DialHTTP(t, protocol, s, "/events", func(e *driver.Endpoint) {
				postTo("/in")(e)
				if path != "" {
					e.PostEnd, _ = e.URL.Parse(path)
				}
			})), proto.Call{Pattern: proto.Echo})
			if err := st.Send([]byte("late")); !errors.Is(err, want) {
				t.Errorf("Send: %v, want %v", err, want)
			}
		}
	})
}
