package result

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
)

func TestJudge(t *testing.T) {
	const cores = 2
	closed := func(c *Config, _ *Repetition) { c.Model = "closed" }
	for name, c := range map[string]struct {
		change func(*Config, *Repetition)
		want   Verdict
		reason string // part of the only reason
	}{
		"good":           {func(*Config, *Repetition) {}, Valid, ""},
		"failed":         {func(_ *Config, r *Repetition) { r.Error = "no server" }, Invalid, "no server"},
		"interrupted":    {func(_ *Config, r *Repetition) { r.Interrupted = true }, Suspect, "interrupted"},
		"nothing":        {func(_ *Config, r *Repetition) { r.Response = Histogram{} }, Invalid, "no message was measured"},
		"98.9 % of plan": {func(_ *Config, r *Repetition) { r.Counters.Recorded = 3956 }, Suspect, "98.9 % of the planned messages were measured (3,956 of 4,000)"},
		"98.9 % sent":    {func(_ *Config, r *Repetition) { r.Counters.Sent = 3956 }, Suspect, "98.9 % of the planned messages were sent (3,956 of 4,000): the server did not accept the others"},
		"49 % sent":      {func(_ *Config, r *Repetition) { r.Counters.Sent = 1960 }, Invalid, "the planned load was not generated: 49.0 % of the planned messages were sent (1,960 of 4,000)"},
		"98.9 % tried":   {func(_ *Config, r *Repetition) { r.Counters.Sent, r.Counters.NotAttempted = 3956, 44 }, Invalid, "the generator did not attempt 44"},
		"91 % published": {func(c *Config, r *Repetition) {
			c.Pattern, r.Counters.Sent, r.Counters.NotSent, r.Counters.Recorded = "fanout", 364, 360, 3640
		}, Suspect, "91.0 % of the planned messages were sent (3,640 of 4,000)"},
		"91 % of a fan-out": {func(c *Config, r *Repetition) { c.Pattern, r.Counters.Sent, r.Counters.Recorded = "fanout", 400, 3640 }, Suspect, "91.0 % of the planned messages were measured"},
		"98.9 % pushed":     {func(c *Config, r *Repetition) { c.Pattern, r.Counters.Sent, r.Counters.Recorded = "push", 0, 3956 }, Invalid, "98.9 % of the planned messages were measured"},
		"99 % of plan":      {func(_ *Config, r *Repetition) { r.Counters.Recorded = 3960 }, Valid, ""},
		"closed: no plan":   {func(c *Config, r *Repetition) { closed(c, r); r.Counters.Recorded = 10 }, Valid, ""},
		"lost":              {func(_ *Config, r *Repetition) { r.Counters.Lost = 3 }, Suspect, "3 messages lost (4,000 measured)"},
		"duplicates":        {func(_ *Config, r *Repetition) { r.Counters.Duplicates = 3 }, Suspect, "3 messages duplicated (4,000 measured)"},
		"out of order":      {func(_ *Config, r *Repetition) { r.Counters.OutOfOrder = 3 }, Suspect, "3 messages out of order"},
		"corrupt":           {func(_ *Config, r *Repetition) { r.Counters.Corrupt = 3 }, Suspect, "3 messages corrupt"},
		"dropped":           {func(_ *Config, r *Repetition) { r.Counters.Dropped = 3 }, Suspect, "full subscriber queues"},
		"clamped":           {func(_ *Config, r *Repetition) { r.Counters.Clamped = 3 }, Suspect, "outside the histogram's range"},
		"streams broke":     {func(_ *Config, r *Repetition) { r.Counters.Errors = map[string]uint64{"reset": 2} }, Suspect, "streams broke 2 times: reset"},
		"late":              {func(_ *Config, r *Repetition) { r.Service = synthetic(t, 1, 4000, 50*time.Microsecond) }, Suspect, "messages were sent late (on time, p99 would have been between 72"},
		"late, and busy": {func(_ *Config, r *Repetition) {
			r.Service, r.Machine.Pressure = synthetic(t, 1, 4000, 50*time.Microsecond), time.Second
		}, Suspect, "; threads of the machine waited for a core 50 % of the time"},
		"bunched":     {func(_ *Config, r *Repetition) { r.Low = synthetic(t, 1, 4000, 50*time.Microsecond) }, Suspect, "messages were sent late (on time, p99 would have been between"},
		"a late tail": {func(_ *Config, r *Repetition) { r.Response = lateTail(t) }, Suspect, "messages were sent late (on time, p99 would have been between 142 µs and 2.00 ms"},
		"backpressure": {func(_ *Config, r *Repetition) {
			r.Response, r.Lag, r.Counters.Waited = lateTail(t), lateTail(t), 100
		}, Suspect, "100 of 4,000 planned messages waited for the server to accept"},
		"room in time":     {func(_ *Config, r *Repetition) { r.Counters.Waited = 400 }, Valid, ""},
		"closed: not late": {func(c *Config, r *Repetition) { closed(c, r); r.Service = synthetic(t, 1, 4000, time.Microsecond) }, Valid, ""},
		"reads in time":    {func(_ *Config, r *Repetition) { r.Client.Receiving = synthetic(t, 1, 400, 40*time.Microsecond) }, Valid, ""},
		"wakes up slowly":  {func(_ *Config, r *Repetition) { r.Client.Receiving = synthetic(t, 1, 400, 80*time.Microsecond) }, Valid, ""},
		"reads slowly":     {func(_ *Config, r *Repetition) { r.Client.Receiving = synthetic(t, 1, 400, time.Millisecond) }, Suspect, "the generator read slowly: up to 995 µs of the p50"},
		"a waiting goroutine": {func(_ *Config, r *Repetition) {
			r.Client.Engine, r.Client.Receiving, r.Client.Scheduling = "goroutine", synthetic(t, 1, 400, 200*time.Microsecond), synthetic(t, 2, 400, 200*time.Microsecond)
		}, Suspect, "the generator read slowly"},
		"steal":            {func(_ *Config, r *Repetition) { r.Machine.Steal = 400 * time.Millisecond }, Suspect, "the hypervisor ran others for 10 % of the time of 2 cores"},
		"throttled":        {func(_ *Config, r *Repetition) { r.Machine.Throttled = 100 * time.Millisecond }, Suspect, "held back its threads for 100 ms (5.0 % of the time)"},
		"CPU at 90 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3600*time.Millisecond, 0 }, Valid, ""},
		"CPU at 95 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3800*time.Millisecond, 0 }, Suspect, "95 % of 2 cores (over 90 %)"},
		"CPU at 99 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3960*time.Millisecond, 0 }, Suspect, "99 % of 2 cores (over 98 %)"},
		"CPU of spinning":  {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 4*time.Second, time.Second }, Valid, ""},
		"CPU not known":    {func(_ *Config, r *Repetition) { r.Client = Resources{CPU: time.Hour} }, Valid, ""},
		"too few for p99":  {func(_ *Config, r *Repetition) { r.Response = synthetic(t, 1, 300, 100*time.Microsecond) }, Suspect, "too few messages for p99: 300 measured, 368 needed"},
		"worst verdict":    {func(_ *Config, r *Repetition) { r.Error, r.Interrupted = "x", true }, Invalid, ""},
		"plan, if stopped": {func(_ *Config, r *Repetition) { r.Interrupted, r.Counters.Recorded = true, 9 }, Suspect, "interrupted"},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		c.change(&cfg, r)
		got := Judge(cfg, r, cores)
		if got.Verdict != c.want {
			t.Errorf("%s: %s %q, want %s", name, got.Verdict, got.Reasons, c.want)
		}
		if (got.Verdict == Valid) != (len(got.Reasons) == 0) {
			t.Errorf("%s: %s with the reasons %q", name, got.Verdict, got.Reasons)
		}
		if c.reason != "" && (len(got.Reasons) != 1 || !strings.Contains(got.Reasons[0], c.reason)) {
			t.Errorf("%s: %q, want one reason with %q", name, got.Reasons, c.reason)
		}
	}
}

func TestVerdictOfACell(t *testing.T) {
	for _, c := range []struct {
		repetitions string // v(alid), s(uspect), i(nvalid), e(rror)
		want        Verdict
	}{
		{"", Invalid},
		{"vvv", Valid},
		{"vvs", Valid},
		{"vss", Suspect},
		{"vvi", Suspect},
		{"vi", Invalid},
		{"vvvvve", Invalid},
	} {
		cell := &Cell{}
		for _, k := range c.repetitions {
			r := &Repetition{Validity: Validity{Verdict: map[rune]Verdict{'v': Valid, 's': Suspect, 'i': Invalid, 'e': Invalid}[k]}}
			if k == 'e' {
				r.Error = "failed"
			}
			cell.Repetitions = append(cell.Repetitions, r)
		}
		if got := cell.Verdict(); got != c.want {
			t.Errorf("%q: %s, want %s", c.repetitions, got, c.want)
		}
		good := &Cell{Repetitions: []*Repetition{{Validity: Validity{Verdict: Valid}}}}
		if got := Worst(&Result{Cells: []*Cell{good, cell}}); got != c.want {
			t.Errorf("a good cell and %q: %s, want %s", c.repetitions, got, c.want)
		}
	}
	if got := Worst(&Result{}); got != Invalid {
		t.Errorf("no cells: %s, want %s", got, Invalid)
	}
}

func TestMetrics(t *testing.T) {
	r := syntheticRepetition(t, 1)
	for name, c := range map[string]struct{ got, want float64 }{
		"throughput":      {r.Throughput(), 2000},
		"server CPU":      {r.CPUPerMessage(r.Server), 8000},
		"client CPU":      {r.CPUPerMessage(r.Client), 10000},
		"wire bytes":      {r.WireBytesPerMessage(), 270},
		"more spin than":  {r.CPUPerMessage(Resources{Known: true, CPU: 1, Spin: 2}), 0},
		"not known":       {r.CPUPerMessage(Resources{CPU: 5}), math.NaN()},
		"nothing arrived": {new(Repetition).WireBytesPerMessage(), math.NaN()},
		"no steady phase": {new(Repetition).Throughput(), math.NaN()},
	} {
		if c.got != c.want && !(math.IsNaN(c.got) && math.IsNaN(c.want)) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestMergedSkipsInvalidRepetitions(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	c.Repetitions[1].Validity.Verdict = Invalid
	if h, _, _ := c.Merged(); h.Count() != 4000 {
		t.Errorf("%d messages, want those of the valid repetition, 4000", h.Count())
	}
	c.Repetitions[0].Validity.Verdict = Invalid
	if h, _, _ := c.Merged(); h.Count() != 0 {
		t.Errorf("%d messages of no valid repetition", h.Count())
	}
}

// lateTail returns times of 2 ms for 2 % of the messages and about 100 µs for the others.
func lateTail(t *testing.T) Histogram {
	h := synthetic(t, 1, 3920, 100*time.Microsecond)
	if err := h.HDR().RecordValues(int64(2*time.Millisecond), 80); err != nil {
		t.Fatal(err)
	}
	return h
}

// A late sender makes the percentiles that it may have raised upper bounds. Other reasons can make the whole
// repetition invalid.
func TestLateSenderMakesTheTailUnusable(t *testing.T) {
	tail := []string{"p99", "p99.9", "max", "mean"}
	for name, c := range map[string]struct {
		change func(*Repetition)
		want   Verdict
	}{
		"a late tail":           {func(*Repetition) {}, Suspect},
		"and load not sent":     {func(r *Repetition) { r.Counters.Sent = 10 }, Invalid},
		"and messages lost":     {func(r *Repetition) { r.Counters.Lost = 1 }, Suspect},
		"and few were answered": {func(r *Repetition) { r.Counters.Recorded = 3000 }, Suspect},
	} {
		r := syntheticRepetition(t, 1)
		r.Response = lateTail(t)
		c.change(r)
		r.Validity = Judge(openLoop(), r, 2)
		if v := r.Validity; v.Verdict != c.want || !slices.Equal(v.Unusable, tail) || !slices.Equal(v.AtMost, tail) {
			t.Errorf("%s: %+v", name, v)
		}
		if usable := c.want != Invalid; r.UsableTime(90) != usable || r.UsableTime(95) || r.UsableTime(99) || r.Usable(ThroughputMetric) != usable {
			t.Errorf("%s: p90 %v, p95 %v, p99 %v", name, r.UsableTime(90), r.UsableTime(95), r.UsableTime(99))
		}
	}
}

// Lag caused by the server is part of the response time.
func TestLagCausedByTheServer(t *testing.T) {
	r := syntheticRepetition(t, 1)
	r.Lag, r.Counters.Waited = steps(t, time.Microsecond, 30*time.Millisecond), 400
	r.Service, r.Response = steps(t, time.Millisecond, time.Millisecond), steps(t, time.Millisecond, 31*time.Millisecond)
	v := Validity{Verdict: Valid}
	if judgeSending(&v, openLoop(), r); len(v.Unusable) != 0 || len(v.Reasons) != 1 || !strings.HasPrefix(v.Reasons[0], "the server held up the sender") {
		t.Errorf("%+v", v)
	}
	r.Counters.Waited = 10 // of 4,000: too few to explain 5 %
	if judgeSending(&v, openLoop(), r); !slices.Contains(v.Unusable, "p99") {
		t.Errorf("%+v", v)
	}
}

// steps returns a histogram with 95 % of one value and 5 % of another.
func steps(t *testing.T, most, rest time.Duration) Histogram {
	t.Helper()
	h := record.NewHistogram()
	if err := errors.Join(h.RecordValues(int64(most), 9500), h.RecordValues(int64(rest), 500)); err != nil {
		t.Fatal(err)
	}
	return Wrap(h)
}

// Pairs skips pairs in which a repetition is missing or invalid.
func TestPairs(t *testing.T) {
	cell := func(verdicts ...Validity) *Cell {
		c := &Cell{}
		for i, v := range verdicts {
			c.Repetitions = append(c.Repetitions, &Repetition{Index: i, Validity: v})
		}
		return c
	}
	good, bad := Validity{Verdict: Suspect}, Validity{Verdict: Invalid}
	a, b := cell(good, bad, good, good), cell(good, good, good)
	want := [][2]*Repetition{{a.Repetitions[0], b.Repetitions[0]}, {a.Repetitions[2], b.Repetitions[2]}}
	if got := Pairs(a, b); !slices.Equal(got, want) {
		t.Errorf("%v, want the first and the third repetitions", got)
	}
}

// A percentile covers the repetitions in which it is usable, and its interval contains it.
func TestPercentileOfUsableRepetitions(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	late := Validity{Verdict: Suspect, Unusable: timesFrom(99), AtMost: timesFrom(99)}
	third := *c.Repetitions[0]
	c.Repetitions = append(c.Repetitions[:2:2], &third)
	c.Repetitions[1].Validity = late
	merged, _, _ := c.Merged()
	var two Histogram
	two.Merge(c.Repetitions[0].Response)
	two.Merge(third.Response)
	for p, want := range map[float64]Histogram{50: merged, 99: two} {
		in := c.Interval(merged, p, 0.95)
		if at, known := c.Percentile(merged, p); !known || at != want.Quantile(p) || in.Median != float64(at) || in.Low > in.Median || in.High < in.Median {
			t.Errorf("p%g: %v, %v, %+v", p, at, known, in)
		}
		if _, ok := c.UpperBound(merged, p); ok {
			t.Errorf("p%g is known, but has an upper bound", p)
		}
	}
	if _, known := c.Percentile(merged, Maximum); known {
		t.Error("the maximum is known, but unusable in one repetition")
	}
	if most, ok := c.UpperBound(merged, Maximum); !ok || most != merged.Max() {
		t.Errorf("upper bound of the maximum: %v, %v", most, ok)
	}
	third.Validity = late // two of three: the others are not a fair sample
	if _, known := c.Percentile(merged, 99); known || !math.IsNaN(c.Interval(merged, 99, 0.95).Median) {
		t.Error("p99 is known from one of three repetitions")
	}
	if most, ok := c.UpperBound(merged, 99); !ok || most != merged.Quantile(99) {
		t.Errorf("upper bound of p99: %v, %v", most, ok)
	}
}
