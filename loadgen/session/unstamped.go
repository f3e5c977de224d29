package session

import (
	"fmt"

	"rtbench/loadgen/script"
	"rtbench/report/result"
)

// Some messages lack the stamp that they should carry. If any message of the run has a
// stamp, those without are heartbeats or the like and count as unmatched. If none has, all are
// arrivals, and only one-way times are unknown. Both are counted until the first stamp decides.

// resolve decides, after the end, whether unstamped messages were unmatched or arrivals.
func (t *gapTimes) resolve(g *Group) {
	if t.unstamped == nil {
		return
	}
	g.Events.mu.Lock()
	defer g.Events.mu.Unlock()
	if t.stamped.Load() {
		for i := range g.Events.phases {
			a := &g.Events.phases[i]
			a.Counters = result.Sum(a.Counters, a.unstamped.counters())
		}
		return
	}
	var came uint64
	for _, e := range g.sessions {
		came += e.pushed.unstamped.gap.Sequence.Received()
	}
	if came == 0 {
		return
	}
	t.noneStamped = fmt.Sprintf("no message has a time in %s", g.Scenario.Custom.Stamp.Field)
	for i := range g.Events.phases {
		a := &g.Events.phases[i]
		if kinds := result.UnmatchedKinds(a.unstamped.counters()); len(kinds) > 0 {
			t.noneStamped = fmt.Sprintf("no message has a time in %s (found %s)", g.Scenario.Custom.Stamp.Field, kinds[0].Example)
		}
		countClass(&a.Unexpected, script.NotAsExpected, a.unstampedWrong.Load())
	}
	t.sink = t.unstamped
	for _, e := range g.sessions {
		e.pushed.arrivals, e.receiver.Sequence = *e.pushed.unstamped, e.pushed.unstamped.gap.Sequence
	}
}
