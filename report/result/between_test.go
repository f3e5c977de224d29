package result

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// An agent's messages from agents with other clocks may differ from those of its own by the bounds of both clocks
// and by chance; beyond that, it is a finding. Times that the bounds may change by a tenth are not reported.
func TestMessagesBetweenClocks(t *testing.T) {
	t.Parallel()
	const within = 400 * time.Microsecond
	for _, e := range []struct {
		between time.Duration
		n       int
		bound   time.Duration
		found   string // "" for none
		known   bool   // the median
	}{
		{within, 2000, 0, "", true},
		{within + 100*time.Microsecond, 2000, 30 * time.Microsecond, "agent a received messages from agents with other clocks 90.1 µs later", true},
		{within - 100*time.Microsecond, 2000, 25 * time.Microsecond, " earlier than from its own at the median, and clocks that agree within 25.0 µs explain less", true},
		{within + 100*time.Microsecond, 2000, 100 * time.Microsecond, "", false},
		{within + 30*time.Microsecond, 2000, 0, "", true}, // less than a tenth
		{within + 100*time.Microsecond, 6, 0, "", true},   // too few
		{within + 100*time.Microsecond, 2000, -1, "", false},
	} {
		t.Run(fmt.Sprint(e.between, e.n, e.bound), func(t *testing.T) {
			t.Parallel()
			a := Agent{Name: "a", Within: synthetic(t, 1, 2000, within), Between: synthetic(t, 2, e.n, e.between), Clock: &ClockOffset{Bound: e.bound}}
			r := &Repetition{Response: a.Within, Agents: []Agent{a}, Skew: SkewOf([]Agent{a}, time.Second)}
			r.Counters.Recorded = uint64(2000 + e.n)
			var v Validity
			judgeBetween(&v, r)
			text := strings.Join(v.Reasons(), "\n")
			if note := fmt.Sprintf("the times are those of 2,000 of %s messages", Grouped(r.Counters.Recorded)); !strings.Contains(text, note) {
				t.Errorf("%s\ndoes not have %q", text, note)
			}
			if v.Has(Limited) != (e.found != "") || !strings.Contains(text, e.found) {
				t.Errorf("findings %s, want %q", text, e.found)
			}
			if p50 := r.BetweenTime(&a, 50); p50.Known != e.known {
				t.Errorf("the median is %v", p50)
			}
		})
	}
	if r := (&Repetition{Agents: []Agent{{}}}); r.Between().Count() != 0 {
		t.Error("agents with one clock have times between two")
	}
}
