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
	for what, c := range map[string]struct {
		change func(*Config, *Repetition)
		want   Verdict
		reason string // a part of the one reason, with its figures
	}{
		"good":            {func(*Config, *Repetition) {}, Valid, ""},
		"failed":          {func(_ *Config, r *Repetition) { r.Error = "no server" }, Invalid, "no server"},
		"interrupted":     {func(_ *Config, r *Repetition) { r.Interrupted = true }, Suspect, "interrupted"},
		"nothing":         {func(_ *Config, r *Repetition) { r.Response = Histogram{} }, Invalid, "no message was measured"},
		"98.9 % of plan":  {func(_ *Config, r *Repetition) { r.Counters.Recorded = 3956 }, Invalid, "98.9 % of the planned messages were measured, 3956 of 4000"},
		"99 % of plan":    {func(_ *Config, r *Repetition) { r.Counters.Recorded = 3960 }, Valid, ""},
		"closed: no plan": {func(c *Config, r *Repetition) { closed(c, r); r.Counters.Recorded = 10 }, Valid, ""},
		"lost":            {func(_ *Config, r *Repetition) { r.Counters.Lost = 3 }, Suspect, "messages lost: 3, beside 4000 measured"},
		"duplicates":      {func(_ *Config, r *Repetition) { r.Counters.Duplicates = 3 }, Suspect, "messages duplicate: 3"},
		"out of order":    {func(_ *Config, r *Repetition) { r.Counters.OutOfOrder = 3 }, Suspect, "messages out of order: 3"},
		"corrupt":         {func(_ *Config, r *Repetition) { r.Counters.Corrupt = 3 }, Suspect, "messages corrupt: 3"},
		"dropped":         {func(_ *Config, r *Repetition) { r.Counters.Dropped = 3 }, Suspect, "full subscriber queues"},
		"clamped":         {func(_ *Config, r *Repetition) { r.Counters.Clamped = 3 }, Suspect, "outside the histogram's range"},
		"streams broke":   {func(_ *Config, r *Repetition) { r.Counters.Errors = map[string]uint64{"reset": 2} }, Suspect, "streams broken by reset: 2"},
		"late by half":    {func(_ *Config, r *Repetition) { r.Lag = synthetic(t, 1, 4000, 35*time.Microsecond) }, Suspect, "above 10 % of the response p50"},
		"late by all":     {func(_ *Config, r *Repetition) { r.Lag = synthetic(t, 1, 4000, time.Millisecond) }, Invalid, "above the response p50"},
		"a late tail":     {func(_ *Config, r *Repetition) { r.Lag = lateTail(t) }, Invalid, "the tail is mostly the sender being late"},
		"backpressure": {func(_ *Config, r *Repetition) {
			r.Lag, r.Counters.Waited = synthetic(t, 1, 4000, time.Millisecond), 50
		}, Invalid, "50 of 4000 planned messages waited for the server to take"},
		"room in time":     {func(_ *Config, r *Repetition) { r.Counters.Waited = 400 }, Valid, ""},
		"closed: no lag":   {func(c *Config, r *Repetition) { closed(c, r); r.Lag = synthetic(t, 1, 4000, time.Second) }, Valid, ""},
		"CPU at 90 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3600*time.Millisecond, 0 }, Valid, ""},
		"CPU at 95 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3800*time.Millisecond, 0 }, Suspect, "95 % of 2 cores (over 90 %)"},
		"CPU at 99 %":      {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 3960*time.Millisecond, 0 }, Invalid, "99 % of 2 cores (over 98 %)"},
		"CPU of spinning":  {func(_ *Config, r *Repetition) { r.Client.CPU, r.Client.Spin = 4*time.Second, time.Second }, Valid, ""},
		"CPU not known":    {func(_ *Config, r *Repetition) { r.Client = Resources{CPU: time.Hour} }, Valid, ""},
		"too few for p99":  {func(_ *Config, r *Repetition) { r.Response = synthetic(t, 1, 300, 100*time.Microsecond) }, Suspect, "300 messages are too few for a p99: it needs 368"},
		"worst verdict":    {func(_ *Config, r *Repetition) { r.Error, r.Interrupted = "x", true }, Invalid, ""},
		"plan, if stopped": {func(_ *Config, r *Repetition) { r.Interrupted, r.Counters.Recorded = true, 9 }, Suspect, "interrupted"},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		c.change(&cfg, r)
		got := Judge(cfg, r, cores)
		if got.Verdict != c.want {
			t.Errorf("%s: %s %q, want %s", what, got.Verdict, got.Reasons, c.want)
		}
		if (got.Verdict == Valid) != (len(got.Reasons) == 0) {
			t.Errorf("%s: %s with the reasons %q", what, got.Verdict, got.Reasons)
		}
		if c.reason != "" && (len(got.Reasons) != 1 || !strings.Contains(got.Reasons[0], c.reason)) {
			t.Errorf("%s: %q, want one reason with %q", what, got.Reasons, c.reason)
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

func TestFigures(t *testing.T) {
	r := syntheticRepetition(t, 1)
	for what, c := range map[string]struct{ got, want float64 }{
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
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
}

func TestMergedLeavesInvalidRepetitionsOut(t *testing.T) {
	c := syntheticResult(t).Cells[0]
	c.Repetitions[1].Validity.Verdict = Invalid
	if h, _, _ := c.Merged(); h.Count() != 4000 {
		t.Errorf("%d messages, want those of the valid repetition, 4000", h.Count())
	}
	c.Repetitions[0].Validity.Verdict = Invalid
	if h, _, _ := c.Merged(); h.Count() != 8000 {
		t.Errorf("%d messages, want all 8000 where none is valid", h.Count())
	}
}

// lateTail is a lag of 2 ms for 2 in 100, and next to none for the others.
func lateTail(t *testing.T) Histogram {
	h := synthetic(t, 1, 3920, time.Microsecond)
	if err := h.HDR().RecordValues(int64(2*time.Millisecond), 80); err != nil {
		t.Fatal(err)
	}
	return h
}

// One run can be invalid in its tail alone; whatever else makes it invalid, before
// or after, makes all of it so.
func TestTailOnly(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*Repetition)
		want   bool
	}{
		"a late tail":                 {func(*Repetition) {}, true},
		"and short of the plan":       {func(r *Repetition) { r.Counters.Recorded = 10 }, false},
		"and a saturated generator":   {func(r *Repetition) { r.Client.CPU, r.Client.Spin = 3960*time.Millisecond, 0 }, false},
		"and messages lost (suspect)": {func(r *Repetition) { r.Counters.Lost = 1 }, true},
	} {
		r := syntheticRepetition(t, 1)
		r.Lag = lateTail(t)
		c.change(r)
		if v := Judge(openLoop(), r, 2); v.TailOnly != c.want || v.Verdict != Invalid {
			t.Errorf("%s: %+v", what, v)
		}
	}
}

// Of a measurement that is invalid for its times alone, the load stands; one whose
// streams fell behind their own plan has nothing that does.
func TestWhatStandsOfLateSends(t *testing.T) {
	for lag90, want := range map[time.Duration]Validity{
		10 * time.Microsecond:  {Verdict: Invalid, TailOnly: true, LoadStands: true},
		500 * time.Microsecond: {Verdict: Invalid, LoadStands: true},
		20 * time.Millisecond:  {Verdict: Invalid},
	} {
		r := &Repetition{Response: steps(t, 200*time.Microsecond, time.Millisecond), Lag: steps(t, lag90, 30*time.Millisecond), Phases: Phases{Steady: time.Second}}
		v := Validity{Verdict: Valid}
		judgeLag(&v, Config{Model: "open", Pattern: "echo", Rate: 1000, Connections: 10, Streams: 1}, r)
		v.Reasons = nil
		if v.Verdict != want.Verdict || v.TailOnly != want.TailOnly || v.LoadStands != want.LoadStands {
			t.Errorf("lag p90 %v: %+v, want %+v", lag90, v, want)
		}
		v.object(Invalid, "another reason")
		if v.TailOnly || v.LoadStands {
			t.Errorf("with another reason: %+v", v)
		}
	}
}

// steps is a histogram of 95 % of one value and 5 % of another.
func steps(t *testing.T, most, rest time.Duration) Histogram {
	t.Helper()
	h := record.NewHistogram()
	if err := errors.Join(h.RecordValues(int64(most), 9500), h.RecordValues(int64(rest), 500)); err != nil {
		t.Fatal(err)
	}
	return Wrap(h)
}

// Pairs are of repetitions that ran side by side; an invalid one takes its pair with it,
// but of figures of the load only where the load does not stand.
func TestPairs(t *testing.T) {
	cell := func(verdicts ...Validity) *Cell {
		c := &Cell{}
		for i, v := range verdicts {
			c.Repetitions = append(c.Repetitions, &Repetition{Index: i, Validity: v, Counters: Counters{Recorded: uint64(i + 1)}, Phases: Phases{Steady: time.Second}})
		}
		return c
	}
	good, load, bad := Validity{Verdict: Suspect}, Validity{Verdict: Invalid, LoadStands: true}, Validity{Verdict: Invalid}
	a, b := cell(good, load, bad, good, good), cell(good, good, good, load)
	unknown := func(r *Repetition) float64 {
		if r.Index == 0 {
			return math.NaN()
		}
		return r.Throughput()
	}
	for _, c := range []struct {
		figure func(*Repetition) float64
		load   bool
		want   []float64
	}{
		{(*Repetition).Throughput, false, []float64{1}},
		{(*Repetition).Throughput, true, []float64{1, 2, 4}},
		{unknown, true, []float64{2, 4}},
	} {
		x, y := Pairs(a, b, c.figure, c.load)
		if !slices.Equal(x, c.want) || !slices.Equal(y, c.want) {
			t.Errorf("load %v: %v and %v, want %v", c.load, x, y, c.want)
		}
	}
}
