package loadgen

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"rtbench/scenarios"
)

// All connections run the opening and closing steps, in open and closed loop. The server requires
// a token and says goodbye.
func TestOpeningAndClosingSteps(t *testing.T) {
	t.Setenv("TEST_STEPS_TOKEN", "sesame")
	for _, load := range []string{"{rate: 200/s, connections: 3}", "{model: closed, connections: 3}"} {
		var mu sync.Mutex
		var ends []string
		var handling sync.WaitGroup // closing the server does not wait for WebSockets
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handling.Add(1)
			defer handling.Done()
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			end := polite(r.Context(), c)
			mu.Lock()
			defer mu.Unlock()
			ends = append(ends, end)
		}))
		sc, err := scenarios.ParseWith("steps.yaml", fmt.Appendf(nil, `{name: steps, target: '%s', pattern: echo, load: %s,
  messages: '{"id":{{.RequestNumber}}}', match: {field: id},
  steps: [{expect: hello}, {authenticate: '${TEST_STEPS_TOKEN}'}, {wait: welcome}, load, {send: bye}, {wait: left}, {close: 4000}],
  phases: {connect: 10s, warmup: 0s, steady: 300ms, drain: 20s}}`, strings.Replace(server.URL, "http", "ws", 1), load),
			scenarios.Options{Lookup: func(name string) (string, bool) { return "sesame", name == "TEST_STEPS_TOKEN" }})
		if err != nil {
			t.Fatal(err)
		}
		res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
		if err != nil {
			t.Fatal(err)
		}
		server.Close()
		handling.Wait()
		n := res.Cells[0].Repetitions[0].Counters
		if n.AllReceived == 0 || n.AllReceived != n.AllSent || n.Lost+n.Unmatched+n.Reopened > 0 || len(n.Unexpected)+len(n.Errors)+len(n.Refused)+len(n.Closed) > 0 {
			t.Errorf("%s: %+v", load, n)
		}
		mu.Lock()
		if got := strings.Join(ends, ", "); got != "bye 4000, bye 4000, bye 4000" {
			t.Errorf("%s: the server saw %q", load, got)
		}
		mu.Unlock()
	}
}

// polite serves one client and returns its last message and close code.
func polite(ctx context.Context, c *websocket.Conn) string {
	last := ""
	say := func(texts ...string) {
		for _, text := range texts {
			_ = c.Write(ctx, websocket.MessageText, []byte(text))
		}
	}
	say("hello")
	for {
		_, p, err := c.Read(ctx)
		if err != nil {
			return fmt.Sprintf("%s %d", last, websocket.CloseStatus(err))
		}
		switch last = string(p); last {
		case "sesame":
			say("news", "welcome")
		case "bye":
			say("left")
		default:
			say(last)
		}
	}
}

// Closing steps run on streams on which only the server sends.
func TestClosingStepsAfterPush(t *testing.T) {
	t.Parallel()
	ends := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			last := ""
			for {
				_, p, err := c.Read(context.Background())
				if err != nil {
					ends <- fmt.Sprintf("%s %d", last, websocket.CloseStatus(err))
					return
				}
				last = string(p)
			}
		}()
		for n := 0; ; n++ {
			if c.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, `{"n":%d}`, n)) != nil {
				break
			}
		}
		<-gone
	}))
	defer server.Close()
	n := runOne(t, Options{}, fmt.Sprintf(`{name: push, target: '%s', pattern: push, match: {field: n}, load: {connections: 2},
  steps: [load, {send: bye}, {close: 4000}], phases: {warmup: 0s, steady: 200ms, drain: 20s}}`, strings.Replace(server.URL, "http", "ws", 1))).Counters
	for range 2 {
		if got := <-ends; got != "bye 4000" {
			t.Errorf("the server saw %q", got)
		}
	}
	if n.AllReceived == 0 || n.Lost+n.Duplicates+n.OutOfOrder+n.Reopened > 0 || len(n.Errors)+len(n.Closed) > 0 {
		t.Errorf("%+v", n)
	}
}
