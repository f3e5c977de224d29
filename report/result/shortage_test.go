package result

import (
	"strings"
	"testing"
	"time"
)

// A percentile with too few messages says how long to measure.
func TestShortages(t *testing.T) {
	one := func(n int) *Repetition {
		r := syntheticRepetition(t, 1)
		r.Response = synthetic(t, 1, n, time.Millisecond)
		return r
	}
	for name, c := range map[string]struct {
		repetitions []*Repetition
		want        string
	}{
		"enough":   {[]*Repetition{one(2000), one(2000)}, ""},
		"no p99.9": {[]*Repetition{one(1000), one(1000)}, "p99.9 needs 3,688 independent messages and has 2,000: measure for 3.7s instead of 2s"},
		"no p99": {[]*Repetition{one(100)}, "p99 needs 368 independent messages and has 100: measure for 7.4s instead of 2s\n" +
			"p99.9 needs 3,688 independent messages and has 100: measure for 1m14s instead of 2s"},
	} {
		var got []string
		for _, s := range (&Cell{Repetitions: c.repetitions}).Shortages() {
			got = append(got, s.Text())
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	late := one(100)
	late.Validity.Unusable, late.Validity.AtMost = timesFrom(50), timesFrom(50)
	if s := (&Cell{Repetitions: []*Repetition{late}}).Shortages(); len(s) != 2 {
		t.Errorf("a late repetition: %+v", s)
	}
}
