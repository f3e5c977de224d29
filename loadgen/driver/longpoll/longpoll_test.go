package longpoll_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// A mailbox is a custom target: a POST adds a message, and a poll waits for those after a number.
type mailbox struct {
	mu       sync.Mutex
	changed  *sync.Cond
	messages []string
	empty    int // polls that are answered without messages first
	asked    []string
}

func newMailbox(messages ...string) *mailbox {
	m := &mailbox{messages: messages}
	m.changed = sync.NewCond(&m.mu)
	return m
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Method == http.MethodPost {
		p, _ := io.ReadAll(r.Body)
		m.messages = append(m.messages, string(p))
		m.changed.Broadcast()
		w.WriteHeader(http.StatusAccepted)
		return
	}
	m.asked = append(m.asked, r.URL.RawQuery)
	if m.empty > 0 {
		m.empty--
		w.WriteHeader(http.StatusNoContent)
		return
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	gone := false
	stop := waitFor(r, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		gone = true
		m.changed.Broadcast()
	})
	defer stop()
	for len(m.messages) == after && !gone {
		m.changed.Wait()
	}
	w.Header().Set("ETag", strconv.Itoa(len(m.messages)))
	_ = json.NewEncoder(w).Encode(map[string]any{"events": m.messages[after:], "last": len(m.messages)})
}

// waitFor calls f when the client of r has gone.
func waitFor(r *http.Request, f func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-r.Context().Done():
			f()
		case <-done:
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}

// finder finds the value of a key of a JSON object.
func finder(key string) func() driver.Finder {
	return func() driver.Finder {
		return func(p []byte) ([]byte, bool) {
			var all map[string]json.RawMessage
			_ = json.Unmarshal(p, &all)
			return all[key], all[key] != nil
		}
	}
}

// A poll repeats the position of the last response, so nothing between two polls is lost or comes twice; a
// stream that is opened again goes on there.
func TestPollsGoOnWhereTheLastEnded(t *testing.T) {
	t.Parallel()
	for name, cursor := range map[string]driver.Cursor{
		"in the response": {Query: "after", Find: finder("last")}, "in a header": {Query: "after", Header: "etag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailbox("a", "b")
			m.empty = 2
			s := drivertest.ServeHTTP(t, m.ServeHTTP, false)
			d := drivertest.DialHTTP(t, "long-poll", s, "/events?room=1", func(e *driver.Endpoint) {
				e.Cursor, e.List = cursor, finder("events")
				e.Post, _ = url.Parse(s.URL + "/messages")
			})
			st := drivertest.Open(t, d, proto.Call{})
			drivertest.Recv(t, st, `["a","b"]`)
			for _, p := range []string{`{"c":1}`, "d"} {
				if err := st.Send([]byte(p)); err != nil {
					t.Fatal(err)
				}
			}
			drivertest.Recv(t, st, `["{\"c\":1}","d"]`)
			_ = st.Close()
			m.ServeHTTP(nullWriter{}, &http.Request{Method: http.MethodPost, Body: io.NopCloser(strings.NewReader("e"))})
			drivertest.Recv(t, drivertest.Open(t, d, proto.Call{}), `["e"]`)
			want := "room=1 room=1 room=1 room=1&after=2 room=1&after=4"
			if got := strings.Join(m.asked, " "); got != want {
				t.Errorf("polls %q, want %q", got, want)
			}
		})
	}
}

type nullWriter struct{ http.ResponseWriter }

func (nullWriter) WriteHeader(int) {}

// Refusals of polls and POSTs have the class of their status; a response that is too long is an error.
func TestRefusedPolls(t *testing.T) {
	t.Parallel()
	s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			http.Error(w, "too fast", http.StatusTooManyRequests)
		case r.URL.Path == "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 1001))
		default:
			http.Error(w, "no such room", http.StatusGone)
		}
	}, true)
	for path, class := range map[string]string{"/gone": "HTTP status 410", "/long": "message too long"} {
		st := drivertest.Open(t, drivertest.DialHTTP(t, "long-poll", s, path, func(e *driver.Endpoint) {
			e.Limit = 1000
			e.Post, _ = url.Parse(s.URL)
		}), proto.Call{})
		if err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err }); driver.Class(err) != class {
			t.Errorf("%s: %v, want class %q", path, err, class)
		}
		if err := st.Send([]byte("a")); !errors.Is(err, driver.ErrMessageFailed) || driver.Class(err) != "HTTP status 429" {
			t.Errorf("%s: Send: %v", path, err)
		}
	}
}
