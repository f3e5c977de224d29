package result

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A pause spoils what it touches, and nothing below.
func TestClientPauses(t *testing.T) {
	for what, c := range map[string]struct {
		model, times string
		pauses       Pauses
		want         []string // not usable
		atMost       bool
	}{
		"none":                 {"open", "", Pauses{}, nil, false},
		"150 ms in 20 s":       {"open", "", Pauses{1, 150 * time.Millisecond, 150 * time.Millisecond}, timesFrom(99.9), true},
		"1 s in 20 s":          {"open", "", Pauses{1, time.Second, time.Second}, timesFrom(99), true},
		"60 ms, closed loop":   {"closed", "", Pauses{1, 60 * time.Millisecond, 60 * time.Millisecond}, timesFrom(99.9), true},
		"1 s, closed loop":     {"closed", "", Pauses{1, time.Second, time.Second}, append(timesFrom(99.9), ThroughputMetric), false},
		"1 s, gaps":            {ServerPaced, TimesGap, Pauses{1, time.Second, time.Second}, timesFrom(99), false},
		"half of the phase":    {"open", "", Pauses{10, 10 * time.Second, time.Second}, timesFrom(50), true},
		"shorter than it took": {"open", "", Pauses{1, 150 * time.Microsecond, time.Microsecond}, nil, false},
	} {
		cfg, r := openLoop(), syntheticRepetition(t, 1)
		cfg.Model, cfg.Times, r.Phases.Steady, r.ClientPauses = c.model, c.times, 20*time.Second, c.pauses
		v := Validity{Verdict: Valid}
		judgeClientPauses(&v, cfg, r)
		if !slices.Equal(v.Unusable, c.want) || (len(v.AtMost) > 0) != c.atMost || (len(v.Reasons) == 1) != (c.pauses.Count > 0) {
			t.Errorf("%s: %+v", what, v)
		}
		for _, reason := range v.Reasons {
			if !strings.Contains(reason, "the generator did not run") {
				t.Errorf("%s: %s", what, reason)
			}
		}
	}
}
