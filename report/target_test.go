package report

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rtbench/internal/golden"
	"rtbench/report/claims"
	"rtbench/report/regression"
	"rtbench/report/result"
)

// madeUpCustom returns a result of a custom target with every kind of failure.
func madeUpCustom(t testing.TB) *result.Result {
	t.Helper()
	r := madeUpResult(t)
	r.Interrupted, r.Scenarios = false, []result.Scenario{{Name: "mine", File: "mine.yaml", Source: "name: mine\n"}}
	r.Cells = []*result.Cell{
		customCell(t, "echo", "websocket", 3, func(c *result.Config) {
			c.Model, c.Arrivals, c.Rate, c.Size, c.Match = "open", "constant", 4000, 128, "field result.id"
		}),
		customCell(t, "push", "sse", 3, func(c *result.Config) { c.Times = result.TimesGap }),
		customCell(t, "push", "websocket", 2, func(c *result.Config) { c.Times = result.TimesOneWay }),
		customCell(t, "push", "grpc", 2, func(c *result.Config) { c.Times = result.TimesOneWay }),
		customCell(t, "echo", "grpc", 1, func(c *result.Config) { c.Model, c.Size, c.Match = "closed", 128, "order" }),
	}
	for _, rep := range r.Cells[0].Repetitions {
		addFailures(rep)
	}
	for i, rep := range r.Cells[1].Repetitions {
		rep.Counters.Closed, rep.Counters.Reopened = map[string]uint64{"end of the events": 2}, 2
		rep.Server = result.Resources{}
		rep.Arrivals = bunchedArrivals(rep.Response, i)
	}
	for i, rep := range r.Cells[2].Repetitions {
		rep.Arrivals = bunchedArrivals(rep.Response, i)
		rep.Arrivals.Bunched, rep.Arrivals.Bound = 3, 2*time.Millisecond
		rep.Server.Source = "prometheus example.test:9100/metrics"
	}
	for i, rep := range r.Cells[3].Repetitions {
		rep.Arrivals = bunchedArrivals(rep.Response, i)
		rep.Arrivals.Bound, rep.Arrivals.Refused = -1, "one message came 3 ms before it was sent: the clocks differ"
	}
	none := r.Cells[4].Repetitions[0]
	none.Response, none.Service, none.Lag, none.Timeline = result.Histogram{}, result.Histogram{}, result.Histogram{}, nil
	none.Counters = result.Counters{
		Refused: map[string]uint64{"gRPC Unauthenticated": 64}, Unopened: 16,
		Examples: map[string]string{"gRPC Unauthenticated": "gRPC Unauthenticated: token expired"},
	}
	for _, c := range r.Cells {
		for _, rep := range c.Repetitions {
			rep.Validity = result.Judge(c.Config, rep, 4)
		}
	}
	return r
}

func customCell(t testing.TB, pattern, protocol string, repetitions int, change func(*result.Config)) *result.Cell {
	t.Helper()
	c := madeUpCell(t, pattern, protocol, 4000, repetitions, 200*time.Microsecond)
	c.ID = "mine/" + pattern + "/" + protocol
	c.Config = result.Config{
		Scenario: "mine", Protocol: protocol, API: result.CustomAPI, Pattern: pattern, Model: result.ServerPaced,
		Connections: 16, Streams: 1, Encoding: "text", TLS: true, Target: protocol + "://example.test/" + pattern, Steady: time.Second,
	}
	c.Config.Insecure = protocol == "websocket"
	change(&c.Config)
	for _, r := range c.Repetitions {
		r.Server.Source = "pid 123"
		if c.Config.Model != "open" {
			r.Lag, r.Counters.Planned = result.Histogram{}, 0
		}
		if c.Config.Model == result.ServerPaced { // nothing is sent
			r.Service, r.Counters.Sent = result.Histogram{}, 0
		}
	}
	return c
}

// addFailures adds every kind of failure of streams and messages, with hostile texts.
func addFailures(rep *result.Repetition) {
	n := &rep.Counters
	n.Lost, n.Unopened, n.Unmatched = 1, 3, 7
	n.UnmatchedKinds = []result.UnmatchedKind{{Kind: "a1", Count: 5, Example: `{"type":"ping"}`}, {Kind: "b2", Count: 1, Example: "\x1b[2J<b>"}}
	n.Refused = map[string]uint64{"HTTP status 401": 12, "connection refused": 1}
	n.Errors = map[string]uint64{"connection reset": 2}
	n.Unexpected = map[string]uint64{"result.status is not ok": 400}
	n.Examples = map[string]string{
		"HTTP status 401":         "HTTP status 401: token expired\r\n\x1b[2J\x1b]0;title\a<b>**now**</b>",
		"result.status is not ok": `expected result.status to be ok, got {"result":{"status":"overloaded","text":"` + strings.Repeat("long ", 200) + `"}}`,
	}
}

// bunchedArrivals returns mostly bunched arrivals.
func bunchedArrivals(gaps result.Histogram, i int) *result.Arrivals {
	var first result.Histogram
	first.Merge(gaps)
	return &result.Arrivals{
		Gap: gaps, First: first, Stalls: uint64(i), StallAfter: time.Second, Longest: time.Duration(i) * 2 * time.Second,
		Stamped: 300, Bunched: 261, Untimed: 2, Silent: 1,
	}
}

func TestGoldenCustomTarget(t *testing.T) {
	for _, name := range []string{"text", "md", "csv", "junit", "benchfmt", "json"} {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/custom."+name, render(t, name, madeUpCustom(t)))
		})
	}
}

// Every format starts with the insecure notice and drops control characters.
func TestFormatsOfCustomTarget(t *testing.T) {
	r := madeUpCustom(t)
	for _, f := range Formats {
		text := string(render(t, f.Name, r))
		lines := strings.SplitN(text, "\n", 12)
		first := strings.Join(lines[:len(lines)-1], "\n")
		if said := strings.Contains(first, "was NOT verified (insecure)"); !said && f.Name != "csv" { // csv has a column
			t.Errorf("%s: the insecure notice is not first:\n%s", f.Name, first)
		}
		for _, c := range text {
			if c != '\n' && c < ' ' && c != '\t' {
				t.Fatalf("%s has the control character %q", f.Name, c)
			}
		}
		if f.Name == "text" && strings.Contains(text, "<nil>") {
			t.Errorf("%s:\n%s", f.Name, text)
		}
	}
	if got := claims.Performance(r); len(got) > 0 {
		t.Errorf("claims about a custom target: %v", got)
	}
}

// A gap is never called a response time or a latency.
func TestGapsAreNotCalledLatency(t *testing.T) {
	r := madeUpCustom(t)
	r.Cells = r.Cells[1:2]
	for _, name := range []string{"text", "md", "benchfmt", "hgrm"} {
		text := string(render(t, name, r))
		for _, bad := range []string{"response", "delivery", "latency", " p50-ns 4000"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s calls gaps %q:\n%s", name, bad, text)
			}
		}
	}
	metrics, err := regression.MetricsNamed([]string{"p50", "p99"})
	if err != nil {
		t.Fatal(err)
	}
	c := regression.CompareStored(r, r, metrics, regression.Noise{}, 0.05, 0.05)
	if len(c.Lines) != 2 || c.Lines[0].Metric != "gap_p50" || c.Lines[1].Metric != "gap_p99" {
		t.Errorf("compared metrics: got %+v", c.Lines)
	}
	other := madeUpCustom(t)
	other.Cells[1].Config.Times = result.TimesOneWay
	if c := regression.CompareStored(r, other, metrics, regression.Noise{}, 0.05, 0.05); len(c.Lines) != 0 {
		t.Errorf("gaps are compared with one-way times: %+v", c.Lines)
	}
	h := HistoryOf([]result.Named{{Dir: "a", Result: r}})
	if got := h[0].Series[0].Metric; got != "gap p50" {
		t.Errorf("history metric: got %s", got)
	}
}

func TestServerMetricsSource(t *testing.T) {
	r := madeUpCustom(t)
	if got, want := ServerMetricsSource(r), "the server's metrics are from pid 123 and prometheus example.test:9100/metrics; unknown in 3 of 11 repetitions"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Cells = r.Cells[1:2]
	text := string(render(t, "details", r))
	if n := strings.Count(text, "server's metrics are unknown (target.stats)"); n != 1 {
		t.Errorf("found %d times in\n%s", n, text)
	}
	if got := ServerMetricsSource(madeUpResult(t)); got != "" {
		t.Errorf("reference server: got %q, want nothing", got)
	}
}

func TestMatchCaption(t *testing.T) {
	for want, c := range map[string]result.Config{
		"replies matched by header": {Match: "header"}, "replies matched by field a.id": {Match: "field a.id"},
		"": {Match: "none", Times: result.TimesGap}, "messages numbered in n": {Match: "field n", Times: result.TimesGap},
	} {
		if got := MatchCaption(c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

// Repetitions with the same negotiated options share a line.
func TestNegotiatedIsListedOnce(t *testing.T) {
	r := madeUpCustom(t)
	for _, rep := range r.Cells[0].Repetitions {
		rep.Negotiated = "subprotocol chat.v1,\npermessage-deflate"
	}
	for name, render := range map[string]func(io.Writer, *result.Result) error{"text": Details, "md": Markdown} {
		var b strings.Builder
		if err := render(&b, r); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "negotiated: websocket subprotocol chat.v1, permessage"); n != 1 {
			t.Errorf("%s: found %d times in\n%s", name, n, b.String())
		}
	}
}

// Without an open stream the table would hold only dashes.
func TestNoTableIfNothingOpened(t *testing.T) {
	r := madeUpCustom(t)
	r.Cells = r.Cells[4:]
	r.Cells[0].Repetitions[0].Error = "no stream could be opened"
	for name, render := range map[string]func(io.Writer, *result.Result) error{"text": Details, "md": Markdown} {
		var b strings.Builder
		if err := render(&b, r); err != nil {
			t.Fatal(err)
		}
		if text := b.String(); strings.Contains(text, "wire B/msg") || !strings.Contains(text, "64 × gRPC Unauthenticated") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

// Every missing time to a first message is explained.
func TestFirstMessageNote(t *testing.T) {
	firsts := func(n int) (h result.Histogram) {
		for range n {
			h.Merge(madeUpTimes(t, rand.New(rand.NewPCG(1, 1)), 1, time.Second))
		}
		return h
	}
	for _, c := range []struct {
		a    result.Arrivals
		want string
	}{
		{result.Arrivals{First: firsts(400)}, ""},
		{result.Arrivals{First: firsts(10)}, "10 first messages (one per stream) are too few for p99, which needs 368"},
		{result.Arrivals{Untimed: 1}, "first message not timed on the only stream: it may have arrived before all streams were open and receiving began"},
		{result.Arrivals{Untimed: 30}, "first message not timed on all 30 streams: it may have arrived before all streams were open and receiving began"},
		{result.Arrivals{Silent: 3}, "nothing received on all 3 streams"},
		{result.Arrivals{First: firsts(400), Silent: 3}, "nothing received on 3 of 403 streams"},
		{
			result.Arrivals{First: firsts(6), Untimed: 22, Silent: 12},
			"first message not timed on 22 of 28 streams: it may have arrived before all streams were open and receiving began; nothing received on 12 of 40 streams; 6 first messages (one per stream) are too few for p99, which needs 368",
		},
	} {
		if got := firstMessageNote(&c.a); got != c.want {
			t.Errorf("%d timed, %d not, %d silent: %q, want %q", c.a.First.Count(), c.a.Untimed, c.a.Silent, got, c.want)
		}
	}
}
