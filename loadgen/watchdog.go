package loadgen

import (
	"slices"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
	"rtbench/report/result"
)

// A watchdog ticks every watchEvery and takes a gap of more than leastPause between two ticks
// for a pause of the generator: stopped by a signal, starved of a core, or its machine paused
// or suspended.
//
// Busy cores alone hardly reach leastPause: beside 8 processes that never wait, on 2 cores that
// had a load of 15, the longest of 1,800 gaps was 119 ms. A tick costs 45 µs of CPU there, so
// 50 a second cost 0.2 % of a core.
const (
	watchEvery = 20 * time.Millisecond
	leastPause = 100 * time.Millisecond
	// mostPauses bounds what is remembered of a repetition.
	mostPauses = 10_000
)

type watchdog struct {
	stopping atomic.Bool
	ended    chan struct{}
	pauses   []span // the goroutine's, until it has ended
}

// A span is a stretch of time; longer is what it took in the eyes of a clock that counts
// suspended time.
type span struct {
	from, to int64
	longer   time.Duration
}

func startWatchdog() *watchdog {
	w := &watchdog{ended: make(chan struct{})}
	go w.run()
	return w
}

func (w *watchdog) run() {
	defer close(w.ended)
	last, suspended := clock.Now(), clock.Suspended()
	for !w.stopping.Load() {
		time.Sleep(watchEvery)
		now, since := clock.Now(), clock.Suspended()
		longer := since - suspended
		if gap := time.Duration(now-last) + longer; gap > watchEvery+leastPause && len(w.pauses) < mostPauses {
			w.pauses = append(w.pauses, span{last, now, longer})
		}
		last, suspended = now, since
	}
}

// stop ends the watchdog and returns the pauses; it may be called again.
func (w *watchdog) stop() []span {
	w.stopping.Store(true)
	<-w.ended
	return w.pauses
}

// clientPauses adds up the pauses between two times.
func clientPauses(all []span, from, to int64) (p result.Pauses) {
	all = slices.DeleteFunc(slices.Clone(all), func(s span) bool { return s.to <= from || s.from >= to })
	for _, s := range all {
		p.Count++
		p.Total += time.Duration(min(s.to, to)-max(s.from, from)) + s.longer
		p.Longest = max(p.Longest, time.Duration(s.to-s.from)+s.longer)
	}
	return p
}
