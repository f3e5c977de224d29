package result

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/scenarios/cell"
)

func TestJudge(t *testing.T) {
	const cores = 2
	closed := func(c *Config, _ *Repetition) { c.Model = "closed" }
	for name, c := range map[string]struct {
		change func(*Config, *Repetition)
		want   string // word, and whether it is discarded
		reason string // part of the only reason
	}{
		"good":        {func(*Config, *Repetition) {}, "", ""},
		"failed":      {func(_ *Config, r *Repetition) { r.Error = "no server" }, "failed, discarded", "no server"},
		"interrupted": {func(_ *Config, r *Repetition) { r.Interrupted = true }, "", "interrupted"},
		"collected":   {func(_ *Config, r *Repetition) { r.Collected = true }, "", "the CPU time and memory of the server are unknown"},
		"collected without its commands": {
			func(c *Config, r *Repetition) {
				c.Events, r.Collected = []cell.Event{{Run: []string{"restart"}}}, true
			},
			"not generated, discarded", "the coordinator died, which runs the commands of events",
		},
		"never begun": {
			func(_ *Config, r *Repetition) { r.Interrupted, r.Phases.Steady, r.Response = true, 0, Histogram{} },
			"not generated, discarded", "interrupted before its steady phase",
		},
		"nothing":        {func(_ *Config, r *Repetition) { r.Response = Histogram{} }, "failed, discarded", "no message was measured"},
		"98.9 % of plan": {func(_ *Config, r *Repetition) { r.Counters.Recorded = 3956 }, "failed", "98.9 % of the planned messages were measured (3,956 of 4,000)"},
		"98.9 % sent":    {func(_ *Config, r *Repetition) { r.Counters.Sent = 3956 }, "failed", "98.9 % of the planned messages were sent (3,956 of 4,000): the server did not accept the others"},
		"49 % sent":      {func(_ *Config, r *Repetition) { r.Counters.Sent = 1960 }, "not generated, discarded", "the planned load was not generated: 49.0 % of the planned messages were sent (1,960 of 4,000)"},
		"98.9 % tried":   {func(_ *Config, r *Repetition) { r.Counters.Sent, r.Counters.NotAttempted = 3956, 44 }, "not generated, discarded", "the generator did not attempt 44"},
		"91 % published": {func(c *Config, r *Repetition) {
			c.Pattern, r.Counters.Sent, r.Counters.NotSent, r.Counters.Recorded = "fanout", 364, 360, 3640
		}, "failed", "91.0 % of the planned messages were sent (3,640 of 4,000)"},
		"91 % of a fan-out": {func(c *Config, r *Repetition) { c.Pattern, r.Counters.Sent, r.Counters.Recorded = "fanout", 400, 3640 }, "failed", "91.0 % of the planned messages were measured"},
		"98.9 % pushed":     {func(c *Config, r *Repetition) { c.Pattern, r.Counters.Sent, r.Counters.Recorded = "push", 0, 3956 }, "not generated, discarded", "98.9 % of the planned messages were measured"},
		"99 % of plan":      {func(_ *Config, r *Repetition) { r.Counters.Recorded = 3960 }, "", ""},
		"closed: no plan":   {func(c *Config, r *Repetition) { closed(c, r); r.Counters.Recorded = 10 }, "", ""},
		"lost":              {func(_ *Config, r *Repetition) { r.Counters.Lost = 3 }, "failed", "3 messages lost (4,000 measured)"},
		"duplicates":        {func(_ *Config, r *Repetition) { r.Counters.Duplicates = 3 }, "failed", "3 messages duplicated (4,000 measured)"},
		"out of order":      {func(_ *Config, r *Repetition) { r.Counters.OutOfOrder = 3 }, "failed", "3 messages out of order"},
		"corrupt":           {func(_ *Config, r *Repetition) { r.Counters.Corrupt = 3 }, "failed", "3 messages corrupt"},
		"dropped":           {func(_ *Config, r *Repetition) { r.Counters.Dropped = 3 }, "failed", "full subscriber queues"},
		"clamped":           {func(_ *Config, r *Repetition) { r.Counters.Clamped = 3 }, "limited", "outside the histogram's range"},
		"streams broke":     {func(_ *Config, r *Repetition) { r.Counters.Errors = map[string]uint64{"reset": 2} }, "failed", "streams broke 2 times: reset"},
		"late":              {func(_ *Config, r *Repetition) { r.Service = synthetic(t, 1, 4000, 50*time.Microsecond) }, "limited", "messages were sent late (on time, p99 would have been between 72"},
		"late, and busy": {func(_ *Config, r *Repetition) {
			r.Service, r.Machine.Pressure = synthetic(t, 1, 4000, 50*time.Microsecond), time.Second
		}, "limited", "; threads of the machine waited for a core 50 % of the time"},
		"bunched":     {func(_ *Config, r *Repetition) { r.Low = synthetic(t, 1, 4000, 50*time.Microsecond) }, "limited", "messages were sent late (on time, p99 would have been between"},
		"a late tail": {func(_ *Config, r *Repetition) { r.Response = lateTail(t) }, "limited", "messages were sent late (on time, p99 would have been between 142 µs and 2.00 ms"},
		"backpressure": {func(_ *Config, r *Repetition) {
			r.Response, r.Lag, r.Counters.Waited = lateTail(t), lateTail(t), 100
		}, "", "100 of 4,000 planned messages waited for the server to accept"},
		"late requests": {func(_ *Config, r *Repetition) {
			r.Answers = answered(t, 10*time.Millisecond, time.Millisecond)
		}, "limited", "messages were sent late (on time, TTFT p99 would have been between"},
		"requests almost in time": {func(_ *Config, r *Repetition) {
			r.Answers = answered(t, 100*time.Millisecond, time.Millisecond)
		}, "", ""},
		"room in time":     {func(_ *Config, r *Repetition) { r.Counters.Waited = 400 }, "", ""},
		"closed: not late": {func(c *Config, r *Repetition) { closed(c, r); r.Service = synthetic(t, 1, 4000, time.Microsecond) }, "", ""},
		"reads in time":    {func(_ *Config, r *Repetition) { r.Client.Receiving = synthetic(t, 1, 400, 40*time.Microsecond) }, "", ""},
		"wakes up slowly":  {func(_ *Config, r *Repetition) { r.Client.Receiving = synthetic(t, 1, 400, 80*time.Microsecond) }, "", ""},
		"reads slowly":     {func(_ *Config, r *Repetition) { r.Client.Receiving = synthetic(t, 1, 400, time.Millisecond) }, "limited", "the generator read slowly: up to 995 µs of the p50"},
		"a waiting goroutine": {func(_ *Config, r *Repetition) {
			r.Client.Receivers, r.Client.Receiving, r.Client.Scheduling = Goroutines, synthetic(t, 1, 400, 200*time.Microsecond), synthetic(t, 2, 400, 200*time.Microsecond)
		}, "limited", "the generator read slowly"},
		"steal":            {func(_ *Config, r *Repetition) { r.Machine.Steal = 400 * time.Millisecond }, "limited", "the hypervisor ran others for 10 % of the time of 2 cores"},
		"throttled":        {func(_ *Config, r *Repetition) { r.Machine.Throttled = 100 * time.Millisecond }, "limited", "held back its threads for 100 ms (5.0 % of the time)"},
		"CPU at 90 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3600*time.Millisecond, 0 }, "", ""},
		"CPU at 95 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3800*time.Millisecond, 0 }, "limited", "95 % of 2 cores (over 90 %)"},
		"CPU at 99 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3960*time.Millisecond, 0 }, "limited", "99 % of 2 cores (over 98 %)"},
		"CPU of spinning":  {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 4*time.Second, time.Second }, "", ""},
		"CPU not known":    {func(_ *Config, r *Repetition) { r.Client = Resources{CPU: time.Hour} }, "", ""},
		"too few for p99":  {func(_ *Config, r *Repetition) { r.Response = synthetic(t, 1, 300, 100*time.Microsecond) }, "too little data", "p99 needs 368 messages, and 300 were measured: measure for 2.5s instead of 2s"},
		"most serious":     {func(_ *Config, r *Repetition) { r.Error, r.Interrupted = "x", true }, "failed, discarded", ""},
		"plan, if stopped": {func(_ *Config, r *Repetition) { r.Interrupted, r.Counters.Recorded = true, 9 }, "", "interrupted"},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		c.change(&cfg, r)
		got := Judge(cfg, r, cores)
		checkFindings(t, name, got, c.want, c.reason)
	}
}

// checkFindings fails unless v has the word, is discarded as want says, and has the only reason, if any.
func checkFindings(t *testing.T, name string, v Validity, want, reason string) {
	t.Helper()
	reasons := v.Reasons()
	if got := describe(v); got != want {
		t.Errorf("%s: %s %q, want %s", name, got, reasons, want)
	}
	if reason != "" && (len(reasons) != 1 || !strings.Contains(reasons[0], reason)) {
		t.Errorf("%s: %q, want one reason with %q", name, reasons, reason)
	}
}

func describe(v Validity) string {
	if v.Discarded {
		return string(v.Word()) + ", discarded"
	}
	return string(v.Word())
}

func TestWordOfACell(t *testing.T) {
	for _, c := range []struct {
		repetitions string // g(ood), l(imited), n(ot generated), e(rror), t(oo little data)
		want        Word
		discarded   bool
	}{
		{"", "", true},
		{"ggg", "", false},
		{"ggl", Limited, false},
		{"gtg", "", false}, // together there are enough
		{"ggn", NotGenerated, false},
		{"gn", NotGenerated, true},
		{"ggggge", ServerFailed, true},
	} {
		cell := &Cell{}
		for _, k := range c.repetitions {
			r := syntheticRepetition(t, 1)
			switch k {
			case 'l':
				r.Validity.addReason(Limited, "x")
			case 'n':
				r.Validity.discard(Finding{Word: NotGenerated}, "x")
			case 't':
				r.Validity.addReason(TooLittleData, "x")
			case 'e':
				r.Error = "failed"
				r.Validity.discard(Finding{Word: ServerFailed}, "x")
			}
			cell.Repetitions = append(cell.Repetitions, r)
		}
		if word, discarded := cell.Word(), cell.Discarded(); word != c.want || discarded != c.discarded {
			t.Errorf("%q: %q, discarded %t; want %q, %t", c.repetitions, word, discarded, c.want, c.discarded)
		}
		good := &Cell{Repetitions: []*Repetition{syntheticRepetition(t, 1)}}
		r := &Result{Cells: []*Cell{good, cell}}
		if word, discarded := r.Word(), r.Discarded(); word != c.want || discarded != c.discarded {
			t.Errorf("a good cell and %q: %q, discarded %t; want %q, %t", c.repetitions, word, discarded, c.want, c.discarded)
		}
	}
	if !(&Result{}).Discarded() {
		t.Error("a result without cells is usable")
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

func TestMergedSkipsDiscardedRepetitions(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	c.Repetitions[1].Validity.Discarded = true
	if h, _, _ := c.Merged(); h.Count() != 4000 {
		t.Errorf("%d messages, want those of the other repetition, 4000", h.Count())
	}
	c.Repetitions[0].Validity.Discarded = true
	if h, _, _ := c.Merged(); h.Count() != 0 {
		t.Errorf("%d messages of no usable repetition", h.Count())
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

// A late sender makes the percentiles that it may have raised upper bounds. Other findings can discard the
// whole repetition.
func TestLateSenderMakesTheTailUnusable(t *testing.T) {
	tail := []string{"p99", "p99.9", "max", "mean"}
	for name, c := range map[string]struct {
		change func(*Repetition)
		want   string
	}{
		"a late tail":           {func(*Repetition) {}, "limited"},
		"and load not sent":     {func(r *Repetition) { r.Counters.Sent = 10 }, "not generated, discarded"},
		"and messages lost":     {func(r *Repetition) { r.Counters.Lost = 1 }, "failed"},
		"and few were answered": {func(r *Repetition) { r.Counters.Recorded = 3000 }, "failed"},
	} {
		r := syntheticRepetition(t, 1)
		r.Response = lateTail(t)
		c.change(r)
		r.Validity = Judge(openLoop(), r, 2)
		if v := r.Validity; describe(v) != c.want || !slices.Equal(v.Unusable, tail) || !slices.Equal(v.AtMost, tail) {
			t.Errorf("%s: %+v", name, v)
		}
		if usable := !r.Validity.Discarded; r.UsableTime(90) != usable || r.UsableTime(95) || r.UsableTime(99) || r.Usable(ThroughputMetric) != usable {
			t.Errorf("%s: p90 %v, p95 %v, p99 %v", name, r.UsableTime(90), r.UsableTime(95), r.UsableTime(99))
		}
	}
}

// Lag caused by the server is part of the response time.
func TestLagCausedByTheServer(t *testing.T) {
	r := syntheticRepetition(t, 1)
	r.Lag, r.Counters.Waited = steps(t, time.Microsecond, 30*time.Millisecond), 400
	r.Service, r.Response = steps(t, time.Millisecond, time.Millisecond), steps(t, time.Millisecond, 31*time.Millisecond)
	var v Validity
	if judgeSending(&v, openLoop(), r); len(v.Unusable) != 0 || len(v.Findings) != 1 || !strings.HasPrefix(v.Findings[0].Reason, "the server held up the sender") {
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

// Pairs skips pairs in which a repetition is missing or discarded.
func TestPairs(t *testing.T) {
	cell := func(list ...Validity) *Cell {
		c := &Cell{}
		for i, v := range list {
			c.Repetitions = append(c.Repetitions, &Repetition{Index: i, Validity: v})
		}
		return c
	}
	good, bad := Validity{}, Validity{Discarded: true}
	a, b := cell(good, bad, good, good), cell(good, good, good)
	want := [][2]*Repetition{{a.Repetitions[0], b.Repetitions[0]}, {a.Repetitions[2], b.Repetitions[2]}}
	if got := Pairs(a, b); !slices.Equal(got, want) {
		t.Errorf("%v, want the first and the third repetitions", got)
	}
}

// A percentile covers the repetitions in which it is usable, and its interval contains it.
func TestPercentileOfUsableRepetitions(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	late := Validity{Unusable: timesFrom(99), AtMost: timesFrom(99)}
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
