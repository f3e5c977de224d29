package result

import (
	"strings"
	"testing"
	"time"

	"rtbench/proto"
)

// Each case has one failure of a custom target.
func TestJudgeCustomTarget(t *testing.T) {
	refused := map[string]uint64{"HTTP status 401": 12, "timeout": 1}
	examples := map[string]string{"HTTP status 401": "HTTP status 401:\n token expired"}
	for name, c := range map[string]struct {
		change func(*Config, *Repetition)
		want   string
		reason string // part of the only reason
	}{
		"insecure":               {func(c *Config, _ *Repetition) { c.Insecure = true }, "", ""},
		"unsolicited broadcasts": {func(_ *Config, r *Repetition) { r.Counters.Unmatched = 5 }, "", ""},
		"never opened": {
			func(_ *Config, r *Repetition) {
				r.Counters.Unopened, r.Counters.Refused, r.Counters.Examples = 3, refused, examples
			},
			"failed", "3 of 100 streams could never be opened: the others generated all load; most often 12 × HTTP status 401 (not opened) — HTTP status 401: token expired",
		},
		"opened on retry": {
			func(_ *Config, r *Repetition) { r.Counters.Refused = refused }, "failed",
			"opening a stream failed 13 times; most often 12 × HTTP status 401 (not opened)",
		},
		"reopened":        {func(_ *Config, r *Repetition) { r.Counters.Reopened = 4 }, "failed", "streams were reopened 4 times"},
		"closed":          {func(_ *Config, r *Repetition) { r.Counters.Closed = map[string]uint64{"1001 going away": 2} }, "failed", "the server closed streams 2 times"},
		"some unexpected": {func(_ *Config, r *Repetition) { r.Counters.Unexpected = map[string]uint64{"not ok": 1000} }, "failed", "1,000 messages not as expected, 20.0 % (4,000 measured); most often 1,000 × not ok (not as expected)"},
		"half unexpected": {func(_ *Config, r *Repetition) { r.Counters.Unexpected = map[string]uint64{"not ok": 4000} }, "failed, discarded", "at least half of the messages were not as expected: 4,000, 50.0 %"},
		"none in time": {func(_ *Config, r *Repetition) {
			r.Response, r.Counters = Histogram{}, Counters{Planned: 4000, AllReceived: 443}
		}, "failed, discarded", "no message was measured; 443 messages received, none of them due in the steady phase"},
		"no clock":       {func(c *Config, r *Repetition) { c.Times = TimesOneWay; r.Arrivals = &Arrivals{Refused: "x"} }, "limited", "one-way times refused: x"},
		"no clock, gaps": {func(c *Config, r *Repetition) { c.Times = TimesGap; r.Arrivals = &Arrivals{Refused: "x"} }, "limited", "one-way times refused: x"},
		"a plan for other messages": {
			func(c *Config, r *Repetition) {
				c.Model, c.Times, r.Counters.Planned, r.Lag = "open", TimesGap, 8000, synthetic(t, 1, 4000, time.Second)
			},
			"", "",
		},
		"nothing": {
			func(_ *Config, r *Repetition) {
				r.Response, r.Counters.Refused, r.Counters.Examples = Histogram{}, refused, examples
			},
			"failed, discarded", "no message was measured; most often 12 × HTTP status 401 (not opened) — HTTP status 401: token expired",
		},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		cfg.API, cfg.Model, cfg.Connections, cfg.Streams = CustomAPI, ServerPaced, 50, 2
		r.Counters.Planned = 0
		c.change(&cfg, r)
		got := Judge(cfg, r, 2)
		checkFindings(t, name, got, c.want, c.reason)
	}
}

// Clocks that cannot be compared make only the one-way times unusable.
func TestThroughputIsUsableWithoutOneWayTimes(t *testing.T) {
	for _, times := range []Histogram{synthetic(t, 1, 4000, time.Millisecond), {}} {
		c, r := openLoop(), syntheticRepetition(t, 1)
		c.Model, c.Times, r.Arrivals, r.Response = ServerPaced, TimesOneWay, &Arrivals{Refused: "x"}, times
		v := Judge(c, r, 2)
		if r.Validity = v; v.Discarded || r.UsableTime(50) || !r.Usable(ThroughputMetric) || len(v.AtMost) != 0 || len(v.Findings) != 1 {
			t.Errorf("%+v", v)
		}
		if why := r.WhyUnusable("p99"); why != "one-way times refused: x" {
			t.Errorf("reason: got %q", why)
		}
	}
}

// An unreadable stamp does not affect the gaps between arrivals.
func TestGapsNeedNoStamp(t *testing.T) {
	c, r := openLoop(), syntheticRepetition(t, 1)
	c.API, c.Model, c.Times = CustomAPI, ServerPaced, TimesOneWay
	r.Arrivals, r.Response, r.Counters = &Arrivals{Gap: r.Response}, Histogram{}, Counters{}
	r.Counters.Unexpected = map[string]uint64{proto.NoStamp: 4000}
	if v := Judge(c, r, 2); v.Discarded {
		t.Errorf("%+v", v)
	}
}

// Drift is reported under the name of the times.
func TestDriftOfGaps(t *testing.T) {
	for _, times := range []string{TimesGap, TimesOneWay} {
		c, r := openLoop(), syntheticRepetition(t, 1)
		c.Model, c.Times, r.Timeline = ServerPaced, times, nil
		for i := range 10 {
			r.Timeline = append(r.Timeline, Interval{
				Start: time.Duration(i) * 200 * time.Millisecond, Length: 200 * time.Millisecond,
				Response: synthetic(t, uint64(i), 400, time.Duration(100+100*i)*time.Microsecond),
			})
		}
		var v Validity
		judgeSteady(&v, c, r)
		if v.Word() != Limited || !strings.Contains(strings.Join(v.Reasons(), ""), "the "+times+" p50 rises from about 102 µs to 996 µs") {
			t.Errorf("%s: %+v", times, v)
		}
	}
}

func TestFailures(t *testing.T) {
	a := Counters{
		Refused: map[string]uint64{"timeout": 1, "HTTP status 401": 1}, Errors: map[string]uint64{"connection reset": 2},
		Examples: map[string]string{"timeout": "first"},
	}
	b := Counters{
		Refused: map[string]uint64{"timeout": 4, "a": 1}, Unexpected: map[string]uint64{"x": 1},
		Examples: map[string]string{"timeout": "second", "x": "why"},
	}
	want := []Failure{
		{Refused, "timeout", 5, "first"},
		{Refused, "HTTP status 401", 1, ""},
		{Refused, "a", 1, ""},
		{Broken, "connection reset", 2, ""},
		{Unexpected, "x", 1, "why"},
	}
	got := Failures(a, b)
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}

func TestFailureText(t *testing.T) {
	for example, want := range map[string]string{
		"":                       "2 × x (not opened)",
		"x":                      "2 × x (not opened)",
		"why":                    "2 × x (not opened) — why",
		"a\r\n\x1b[31mb\u202e c": "2 × x (not opened) — a [31mb c",
		"0123456789a":            "2 × x (not opened) — 0123456789…",
		"\xff":                   "2 × x (not opened) — \ufffd",
	} {
		if got := (Failure{Refused, "x", 2, example}).Text(10); got != want {
			t.Errorf("%q: %q, want %q", example, got, want)
		}
	}
}

// Statuses are described as errors, not as unexpected replies.
func TestFailureTextOfStatuses(t *testing.T) {
	for class, want := range map[string]string{
		"gRPC NotFound":                        "2 × gRPC NotFound (answered by an error)",
		"HTTP status 503":                      "2 × HTTP status 503 (answered by an error)",
		"gRPC Unavailable: connection refused": "2 × gRPC Unavailable: connection refused (call failed)",
		"no stamp":                             "2 × no stamp (not as expected)",
	} {
		if got := (Failure{Unexpected, class, 2, ""}).Text(10); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Reasons that count streams name the phases other than the steady one.
func TestReasonsNameThePhase(t *testing.T) {
	c, r := openLoop(), syntheticRepetition(t, 1)
	c.API = CustomAPI
	r.Counters.Reopened, r.Counters.Closed = 56, map[string]uint64{"a": 56}
	r.OtherPhases.Warmup = &Counters{Reopened: 7, Closed: map[string]uint64{"a": 8}, Completed: 4}
	r.OtherPhases.Drain = &Counters{Reopened: 2, Closed: map[string]uint64{"a": 1}, Errors: map[string]uint64{"reset": 3}}
	all := strings.Join(Judge(c, r, 2).Reasons(), "\n")
	for _, want := range []string{
		"streams were reopened 65 times, 7 in the warm-up and 2 in the drain; 4 streams ended normally after their messages",
		"the server closed streams 65 times, 8 in the warm-up and 1 in the drain",
		"streams broke 3 times, 3 in the drain: reset",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%s\nwant %q", all, want)
		}
	}
}

func TestArrivalsOfACell(t *testing.T) {
	one := func(n int, bound time.Duration) *Repetition {
		return &Repetition{Arrivals: &Arrivals{
			Gap: synthetic(t, 1, n, time.Millisecond), First: synthetic(t, 2, 1, time.Second), Stalls: 1, StallAfter: time.Second,
			Longest: time.Duration(n) * time.Second, Stamped: 20, Bunched: 11, Bound: bound, Untimed: 3, Silent: 2,
		}}
	}
	bad := one(1000, time.Hour)
	bad.Validity.Discarded = true
	c := &Cell{Repetitions: []*Repetition{one(10, time.Second), {}, one(30, time.Millisecond), bad}}
	a := c.Arrivals()
	if a.Gap.Count() != 40 || a.First.Count() != 2 || a.Stalls != 2 || a.Longest != 30*time.Second || a.Bound != time.Second || a.Stamped != 40 || a.Untimed != 6 || a.Silent != 4 {
		t.Errorf("%+v", a)
	}
	if share, held := a.Bunching(); share != 0.55 || !held {
		t.Errorf("bunching: %v, %v", share, held)
	}
	c.Repetitions[0].Arrivals.Bound = -1
	if a := c.Arrivals(); a.Bound != -1 {
		t.Errorf("bound %v, want -1 because one is unknown", a.Bound)
	}
	if a := (&Cell{Repetitions: []*Repetition{{}}}).Arrivals(); a != nil {
		t.Errorf("arrivals of a cell without any: %+v", a)
	}
	for _, c := range []struct{ stamped, bunched uint64 }{{19, 19}, {20, 10}, {0, 0}} {
		if _, held := (&Arrivals{Stamped: c.stamped, Bunched: c.bunched}).Bunching(); held {
			t.Errorf("%+v counts as bunching", c)
		}
	}
}

func TestExplainNoMessages(t *testing.T) {
	field := Config{API: CustomAPI, Match: "field id"}
	push := Config{API: CustomAPI, Times: TimesGap}
	closed := Config{API: CustomAPI, Match: "field id", Model: "closed"}
	for _, c := range []struct {
		config Config
		counts Counters
		want   string
	}{
		{
			field,
			Counters{Sent: 9, Lost: 9, Unmatched: 8, UnmatchedKinds: []UnmatchedKind{{"a", 5, "ping"}, {"b", 2, "hello"}, {"c", 1, "x"}}},
			"; 8 messages received that answer no request (match: field id), 5 like ping, 2 like hello",
		},
		{field, Counters{Sent: 9, Lost: 9, Unmatched: 8}, "; 8 messages received that answer no request (match: field id)"},
		{field, Counters{Sent: 9, Lost: 9, Ignored: 8}, "; 8 messages received that the scenario ignores"},
		{field, Counters{Sent: 9, Lost: 9}, "; 9 messages sent, nothing received"},
		{field, Counters{Sent: 9, Unexpected: map[string]uint64{"a": 9}}, "; most often 9 × a (not as expected)"},
		{field, Counters{Sent: 9, Lost: 7, Recorded: 2, AllReceived: 2}, "; 2 of 9 messages answered, none of those due in the steady phase"},
		{field, Counters{Sent: 9, Lost: 9, Corrupt: 3}, "; 9 messages sent and 3 received, none of them a complete reply in the steady phase"},
		{closed, Counters{Sent: 40, Lost: 4, Recorded: 36, AllReceived: 36}, "; 4 streams of the closed loop waited for a reply that never came (timeout 10 s); 36 of 40 messages answered, none of those due in the steady phase"},
		{field, Counters{Sent: 9, Unexpected: map[string]uint64{"gRPC Internal": 9}}, "; most often 9 × gRPC Internal (answered by an error)"},
		{push, Counters{}, "; nothing received: if the server sends only to subscribers, subscribe in steps"},
		{Config{}, Counters{Sent: 9, Lost: 9}, ""},
	} {
		if got := explainNoMessages(c.config, &Repetition{Counters: c.counts}); got != c.want {
			t.Errorf("%+v: %s, want %s", c.counts, got, c.want)
		}
	}
}

func TestNeverOpened(t *testing.T) {
	none := &Repetition{Error: "no stream could be opened", Counters: Counters{Unopened: 4}}
	for _, c := range []struct {
		list        []*Repetition
		never, last bool
	}{{nil, false, false}, {[]*Repetition{none, none}, true, true}, {[]*Repetition{{}, none}, false, true}, {[]*Repetition{none, {}}, false, false}} {
		cell := &Cell{Repetitions: c.list}
		if cell.NeverOpened() != c.never || cell.NothingOpened() != c.last {
			t.Errorf("%d repetitions: NeverOpened %t, NothingOpened %t", len(c.list), cell.NeverOpened(), cell.NothingOpened())
		}
	}
}
