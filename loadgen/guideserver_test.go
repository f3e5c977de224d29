package loadgen

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/loadgen/target"
	"rtbench/scenarios"
)

// guideServer implements the guide's API with another library and another style of JSON, and has
// no control address.
type guideServer struct {
	mu   sync.Mutex
	room map[*guideMember]struct{}
}

type guideMember struct {
	mu   sync.Mutex
	send func([]byte) error
}

func (f *guideServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/stream":
		f.stream(w, r)
	default:
		f.chat(w, r)
	}
}

func (f *guideServer) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		_, err := fmt.Fprintf(w, "data: {\"timestamp\": %.7f, \"counter\": %d}\r\n\r\n", float64(time.Now().UnixNano())/1e9, n)
		if err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

func (f *guideServer) chat(w http.ResponseWriter, r *http.Request) {
	nc, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer nc.Close()
	m := &guideMember{send: func(b []byte) error { return wsutil.WriteServerText(nc, b) }}
	f.mu.Lock()
	f.room[m] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.room, m)
	}()
	for {
		b, err := wsutil.ReadClientText(nc)
		if err != nil {
			return
		}
		var in struct{ Type, Content string }
		if json.Unmarshal(b, &in) != nil {
			return
		}
		f.answer(m, r.URL.Path[len("/ws/"):], in.Type, in.Content)
	}
}

func (f *guideServer) answer(m *guideMember, id, kind, content string) {
	if kind == "ping" {
		m.tell([]byte("pong"))
		return
	}
	text, _ := json.MarshalIndent(map[string]string{"message": content, "type": "chat", "client_id": id}, "", "  ")
	f.mu.Lock()
	defer f.mu.Unlock()
	for other := range f.room {
		other.tell(text)
	}
}

func (m *guideMember) tell(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.send(b)
}

// The guide's scenarios run against any server with the guide's API. Every message is accounted
// for, and the server's metrics are unknown.
func TestGuideServerOfThirdParty(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(&guideServer{room: map[*guideMember]struct{}{}})
	defer srv.Close()
	const phases = "phases: {warmup: 100ms, steady: 400ms, drain: 2s}"
	for name, c := range map[string]struct {
		text string
		want uint64 // messages, give or take one per stream
	}{
		"chat":   {"{name: c, api: guide, pattern: fanout, load: {rate: 50/s, connections: 4}, payload: {size: 100}, " + phases + "}", 80},
		"events": {"{name: e, api: guide, protocols: sse, pattern: push, load: {rate: 400/s, connections: 4}, " + phases + "}", 160},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, c.text)
			s.Target = srv.URL
			r, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}})
			if err != nil {
				t.Fatal(err)
			}
			rep := r.Cells[0].Repetitions[0]
			n := rep.Counters
			if n.Lost+n.Duplicates+n.OutOfOrder+n.Corrupt > 0 || len(n.Errors) > 0 || rep.Server.Known {
				t.Errorf("%+v, server known %v", n, rep.Server.Known)
			}
			// A ticker may skip on a busy machine, but events are numbered without gaps.
			if name == "chat" && n.Recorded != c.want || n.Recorded > c.want+4 || n.Recorded == 0 {
				t.Errorf("%d messages, want %d", n.Recorded, c.want)
			}
			if rep.Validity.Word() == "" && n.Recorded < c.want*9/10 {
				t.Errorf("%d messages of %d are called valid", n.Recorded, c.want)
			}
		})
	}
}

// A server without the guide's API yields an error instead of measurements.
func TestServerWithoutGuideAPI(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	s := parse(t, "{name: c, api: guide, pattern: fanout, load: {rate: 50/s}, phases: {steady: 100ms}}")
	s.Target = srv.URL
	r, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}})
	if err != nil {
		t.Fatal(err)
	}
	if rep := r.Cells[0].Repetitions[0]; rep.Error == "" || !rep.Validity.Discarded {
		t.Errorf("%+v", rep)
	}
}

// The scheme of an address selects the protocols that fit it.
func TestAddressSchemeSelectsProtocols(t *testing.T) {
	s := parse(t, "{name: g, api: guide, pattern: echo, load: {rate: 50/s}}")
	for address, want := range map[string]int{"": 2, "127.0.0.1:9000": 2, "http://h:1": 2, "ws://h:1": 1, "grpcs://h:1": 1} {
		s.Target = address
		if jobs := cellsOf(t, s); len(jobs) != want {
			t.Errorf("%q: %d jobs, want %d", address, len(jobs), want)
		}
		if err := target.CheckSchemes([]*scenarios.Scenario{s}); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	s.Protocols, s.Target = []string{"grpc"}, "ws://h:1"
	if err := target.CheckSchemes([]*scenarios.Scenario{s}); err == nil {
		t.Error("a target that fits nothing is taken")
	}
}
