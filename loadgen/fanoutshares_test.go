package loadgen

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A loudspeaker sends each message with data to all clients, or to all but its sender. It drops some for the client
// that joined last.
type loudspeaker struct {
	others  bool // the sender does not get its messages back
	dropOne uint64

	mu             sync.Mutex
	clients        []func([]byte)
	received, sent uint64
}

func (s *loudspeaker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nc, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer nc.Close()
	s.mu.Lock()
	me := len(s.clients)
	s.clients = append(s.clients, func(b []byte) { _ = wsutil.WriteServerText(nc, b) })
	s.mu.Unlock()
	for {
		b, err := wsutil.ReadClientText(nc)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.received++
		for i, send := range s.clients {
			drop := s.dropOne > 0 && i == len(s.clients)-1 && s.received%s.dropOne == 0
			if !drop && (i != me || !s.others) {
				send(b)
				s.sent++
			}
		}
		s.mu.Unlock()
	}
}

// Messages that clients on all agents miss because an event cut them, or the sender, are counted for the whole fan-out.
func TestAgentsShareWhatAFanoutMisses(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	web := httptest.NewServer(new(loudspeaker))
	defer web.Close()
	sc := parse(t, "{name: x, pattern: fanout, match: header, load: {rate: 200/s, connections: 6}, phases: {warmup: 0s, steady: 1500ms, drain: 3s}, "+
		"events: [{at: 300ms, disconnect: 50%}, {at: 900ms, disconnect: 100%}], reconnect: {policy: fixed, base: 100ms, cap: 100ms}, target: {websocket: 'ws"+strings.TrimPrefix(web.URL, "http")+"'}}")
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: crowd{0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	r := res.Cells[0].Repetitions[0]
	checkDisconnects(t, r, 3, 6)
	if n := r.Counters; n.Planned != 1800 || n.Recorded+n.Failed != 1800 || n.Failed != r.Missed.Count() || n.Lost == 0 || n.NotSent == 0 || n.NotSent%6 != 0 || n.Duplicates+n.Corrupt > 0 {
		t.Errorf("%s: missed %+v of %+v", r.Error, r.Missed, n)
	}
}

// One client sends to all, which several agents have. The counts are the server's, also of agents without the sender;
// times are of one clock if the receiver has the sender's, and between two if not.
func TestAgentsShareFanout(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for name, c := range map[string]struct {
		clocks    crowd
		others    bool
		dropOne   uint64
		receivers uint64 // of 6 clients
		one       int64  // times on one clock
	}{
		"custom":                      {clocks: crowd{0, 0, 0}, receivers: 6, one: 600},
		"custom, other clocks":        {clocks: crowd{1, 2, 1}, receivers: 6, one: 400},
		"custom, sender excluded":     {clocks: crowd{2, 1}, others: true, receivers: 5, one: 200},
		"custom, messages dropped":    {clocks: crowd{0, 0}, dropOne: 11, receivers: 6},
		"the guide's":                 {clocks: crowd{0, 0}, receivers: 6, one: 600},
		"the guide's on other clocks": {clocks: crowd{1, 2, 3}, receivers: 6, one: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &loudspeaker{others: c.others, dropOne: c.dropOne}
			web := httptest.NewServer(server)
			defer web.Close()
			text := "match: header, target: {websocket: 'ws" + strings.TrimPrefix(web.URL, "http") + "'}"
			if strings.HasPrefix(name, "the guide's") {
				chat := httptest.NewServer(&guideServer{room: map[*guideMember]struct{}{}})
				defer chat.Close()
				text = fmt.Sprintf("api: guide, protocols: websocket, target: %q", chat.URL)
			}
			sc := parse(t, "{name: x, pattern: fanout, load: {rate: 100/s, connections: 6}, phases: {warmup: 100ms, steady: 1s, drain: 5s}, "+text+"}")
			res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c.clocks})
			if err != nil {
				t.Fatal(err)
			}
			r := res.Cells[0].Repetitions[0]
			n, due := r.Counters, 100*c.receivers
			if r.Error != "" || n.Published != 100 || n.Planned != due || n.Due != due || n.Recorded+n.Lost != due || n.Failed != n.Lost || n.Duplicates+n.Corrupt+n.OutOfOrder > 0 || n.SenderExcluded != c.others {
				t.Fatalf("error %q, %+v", r.Error, n)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if all := r.AllPhases(); server.received > 0 && (all.Published != server.received || all.Recorded != server.sent) || (n.Lost > 0) != (c.dropOne > 0) {
				t.Errorf("published %d and received %d, lost %d; the server received %d and sent %d", all.Published, all.Recorded, all.Lost, server.received, server.sent)
			}
			between := r.Between()
			if one := r.Response.Count(); one+between.Count() != int64(n.Recorded) || c.one > 0 && one != c.one || max(r.Response.Max(), between.Max()) > 5*time.Minute {
				t.Errorf("%d times of one clock and %d of two, at most %v and %v", one, between.Count(), r.Response.Max(), between.Max())
			}
			if c.dropOne == 0 && r.Validity.Has(result.ServerFailed) {
				t.Errorf("findings %v", r.Validity.Reasons())
			}
		})
	}
}
