package result

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A pause makes only the percentiles that it affects unusable.
func TestClientPauses(t *testing.T) {
	for name, c := range map[string]struct {
		model, times string
		pauses       Pauses
		want         []string // unusable
		atMost       bool
	}{
		"none":                 {"open", "", Pauses{}, nil, false},
		"150 ms in 20 s":       {"open", "", Pauses{Count: 1, Total: 150 * time.Millisecond, Longest: 150 * time.Millisecond}, timesFrom(99.9), true},
		"1 s in 20 s":          {"open", "", Pauses{Count: 1, Total: time.Second, Longest: time.Second}, timesFrom(99), true},
		"60 ms, closed loop":   {"closed", "", Pauses{Count: 1, Total: 60 * time.Millisecond, Longest: 60 * time.Millisecond}, timesFrom(99.9), true},
		"1 s, closed loop":     {"closed", "", Pauses{Count: 1, Total: time.Second, Longest: time.Second}, append(timesFrom(99.9), ThroughputMetric), false},
		"1 s, gaps":            {ServerPaced, TimesGap, Pauses{Count: 1, Total: time.Second, Longest: time.Second}, timesFrom(99), false},
		"half of the phase":    {"open", "", Pauses{Count: 10, Total: 10 * time.Second, Longest: time.Second}, timesFrom(50), true},
		"shorter than it took": {"open", "", Pauses{Count: 1, Total: 150 * time.Microsecond, Longest: time.Microsecond}, nil, false},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		cfg.Model, cfg.Times, r.Phases.Steady, r.ClientPauses = c.model, c.times, 20*time.Second, c.pauses
		var v Validity
		judgeClientPauses(&v, cfg, r)
		if !slices.Equal(v.Unusable, c.want) || (len(v.AtMost) > 0) != c.atMost || (len(v.Findings) == 1) != (c.pauses.Count > 0) {
			t.Errorf("%s: %+v", name, v)
		}
		for _, reason := range v.Reasons() {
			if !strings.Contains(reason, "the generator did not run") {
				t.Errorf("%s: %s", name, reason)
			}
		}
	}
}

func TestDescribePauses(t *testing.T) {
	for want, p := range map[string]Pauses{
		"the generator did not run for 150 ms (7.5 % of the steady phase)":                                {Count: 1, Total: 150 * time.Millisecond},
		"the generator did not run for 500 ms (in the drain)":                                             {Count: 1, Total: 500 * time.Millisecond, InDrain: 500 * time.Millisecond},
		"the generator did not run for 2.00 s (50 % of the steady phase, and 1.00 s in the drain)":        {Count: 1, Total: 2 * time.Second, InDrain: time.Second},
		"the generator did not run for 1.90 s in 3 pauses, the longest 1.00 s (95 % of the steady phase)": {Count: 3, Total: 1900 * time.Millisecond, Longest: time.Second},
		"the generator did not run for 1.00 s in 2 pauses, the longest 900 ms (in the drain)":             {Count: 2, Total: time.Second, Longest: 900 * time.Millisecond, InDrain: time.Second},
	} {
		if got := p.describe(2 * time.Second); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// The backlog of a gap goes on in the next one if that follows closely.
func TestJoinGaps(t *testing.T) {
	ms := func(at, length time.Duration) Gap { return Gap{at * time.Millisecond, length * time.Millisecond} }
	got := joinGaps([]Gap{ms(1475, 85), ms(8, 64), ms(1420, 35), ms(1700, 20)})
	if want := []Gap{ms(8, 64), ms(1420, 140), ms(1700, 20)}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A short gap makes the maximum unusable only if a message shows it.
func TestClientGaps(t *testing.T) {
	for name, c := range map[string]struct {
		model string
		gap   time.Duration
		slow  time.Duration
		want  bool
	}{
		"half of the maximum":                 {"closed", 70 * time.Millisecond, 82 * time.Millisecond, true},
		"a small part of it":                  {"closed", 30 * time.Millisecond, 82 * time.Millisecond, false},
		"no message was outstanding":          {"closed", 70 * time.Millisecond, 10 * time.Millisecond, false},
		"open loop, half of the maximum":      {"open", 70 * time.Millisecond, 82 * time.Millisecond, true},
		"open loop, no message was due in it": {"open", 70 * time.Millisecond, 20 * time.Millisecond, false},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		cfg.Model, r.Phases.Steady = c.model, 20*time.Second
		r.ClientGaps = []Gap{{At: time.Second, Length: c.gap}}
		r.Timeline = nil
		h := r.Response.HDR()
		for range 3 {
			_ = h.RecordValue(int64(c.slow))
		}
		r.Response = Wrap(h)
		var v Validity
		judgeClientGaps(&v, cfg, r)
		if slices.Contains(v.Unusable, MaxMetric) != c.want || slices.Contains(v.Unusable, MetricName(50)) {
			t.Errorf("%s: %+v", name, v)
		}
		if reasons := strings.Join(v.Reasons(), "\n"); c.want && !strings.Contains(reasons, "did not run for up to "+formatDuration(c.gap)) {
			t.Errorf("%s: %s", name, reasons)
		}
	}
}

// Between two gaps that count as one the generator ran, if briefly.
func TestJoinedGapsAreWorded(t *testing.T) {
	cfg, r := openLoop(), syntheticRepetition(t, 1)
	r.Phases.Steady, r.Timeline = 20*time.Second, nil
	r.ClientGaps = []Gap{{At: time.Second, Length: 40 * time.Millisecond}, {At: 1045 * time.Millisecond, Length: 35 * time.Millisecond}}
	h := r.Response.HDR()
	for range 3 {
		_ = h.RecordValue(int64(82 * time.Millisecond))
	}
	r.Response = Wrap(h)
	var v Validity
	judgeClientGaps(&v, cfg, r)
	if got := strings.Join(v.Reasons(), "\n"); !strings.Contains(got, "the generator hardly ran for up to 80.0 ms at a time") {
		t.Errorf("%q", got)
	}
}
