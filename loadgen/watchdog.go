package loadgen

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
	"rtbench/report/result"
)

// A watchdog ticks every watchEvery and takes a gap of more than leastPause between two ticks
// for a pause of the generator: stopped by a signal, starved of a core, or its machine paused
// or suspended. Gaps of more than leastGap are remembered too: of a response of 80 ms, one of
// 60 ms can be most.
//
// Busy cores alone hardly reach leastPause: beside 8 processes that never wait, on 2 cores that
// had a load of 15, the longest of 1,800 gaps was 119 ms. A tick costs 45 µs of CPU there, so
// 50 a second cost 0.2 % of a core.
const (
	watchdogInterval = 20 * time.Millisecond
	minGap           = 20 * time.Millisecond
	minPause         = 100 * time.Millisecond
	// maxPauses bounds what is remembered of a repetition, of gaps and of pauses.
	maxPauses = 10_000
	// maxGaps bounds the gaps in a result.
	maxGaps = 10
)

type watchdog struct {
	stopping atomic.Bool
	ended    chan struct{}
	ticked   atomic.Int64 // when it last ticked
	// lastFrom and lastTo are those of the last pause.
	lastFrom, lastTo atomic.Int64

	mu     sync.Mutex
	pauses []interval
	gaps   []interval // of leastGap to leastPause
}

// A interval is a stretch of time; longer is what it took in the eyes of a clock that counts
// suspended time.
type interval struct {
	from, to int64
	longer   time.Duration
}

func startWatchdog() *watchdog {
	w := &watchdog{ended: make(chan struct{})}
	w.ticked.Store(clock.Now())
	go w.run()
	return w
}

func (w *watchdog) run() {
	defer close(w.ended)
	suspended := clock.Suspended()
	for !w.stopping.Load() {
		time.Sleep(watchdogInterval)
		last, now, since := w.ticked.Load(), clock.Now(), clock.Suspended()
		longer := since - suspended
		if gap := time.Duration(now-last) + longer; gap > watchdogInterval+minGap {
			w.note(interval{last, now, longer}, gap > watchdogInterval+minPause)
		}
		w.ticked.Store(now)
		suspended = since
	}
}

func (w *watchdog) note(s interval, pause bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := &w.gaps
	if pause {
		list = &w.pauses
		w.lastFrom.Store(s.from)
		w.lastTo.Store(s.to)
	}
	if len(*list) < maxPauses {
		*list = append(*list, s)
	}
}

// stop ends the watchdog; it may be called again.
func (w *watchdog) stop() {
	w.stopping.Store(true)
	<-w.ended
}

// pending returns the beginning of a pause that has just ended and that no tick has seen yet,
// 0 for none.
func (w *watchdog) pending(now int64) int64 {
	if last := w.ticked.Load(); time.Duration(now-last) > watchdogInterval+minPause {
		return last
	}
	return 0
}

// paused returns how long the generator did not run since a time.
func (w *watchdog) paused(since int64) (sum time.Duration) {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.pauses {
		sum += time.Duration(max(0, s.to-max(s.from, since)))
	}
	now := clock.Now()
	if from := w.pending(now); from > 0 {
		sum += time.Duration(max(0, now-max(from, since)))
	}
	return sum
}

// ran returns how long the generator has run since a time.
func (w *watchdog) ran(since int64) time.Duration {
	return time.Duration(clock.Now()-since) - w.paused(since)
}

// explains reports whether a wait from due to now is that for the end of a pause, or for the
// backlog that it left, which is taken to be worked off in a quarter of its length.
func (w *watchdog) explains(due, now int64) bool {
	if w == nil {
		return false
	}
	from, to := w.lastFrom.Load(), w.lastTo.Load()
	if pending := w.pending(now); pending != 0 {
		from, to = pending, now
	}
	length := to - from
	return length > 0 && due < to+length/4 && due >= from-length
}

// within returns a context that ends when the generator has run for d, its pauses left out.
func (w *watchdog) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	began := clock.Now()
	go func() {
		defer cancel()
		for {
			left := d - w.ran(began)
			if left <= 0 {
				return
			}
			select {
			case <-time.After(left):
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}

// clientPauses adds up the pauses that overlap a steady phase, or the wait for its last replies,
// which ended at until. What of them came after the phase was in the drain.
func (w *watchdog) clientPauses(from, to, until int64) (p result.Pauses) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.pauses {
		if s.to <= from || s.from >= until {
			continue
		}
		length := time.Duration(s.to-max(s.from, from)) + s.longer
		p.Count++
		p.Total += length
		p.Longest = max(p.Longest, length)
		switch {
		case s.from >= to:
			p.InDrain += length
		case s.to > to:
			p.InDrain += time.Duration(s.to - to)
		}
	}
	return p
}

// clientGaps are the longest of the shorter gaps in a steady phase, or in the wait for its last
// replies.
func (w *watchdog) clientGaps(from, until int64) (out []result.Gap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.gaps {
		if s.to > from && s.from < until {
			out = append(out, result.Gap{At: time.Duration(s.from - from), Length: time.Duration(s.to-s.from) + s.longer - watchdogInterval})
		}
	}
	slices.SortStableFunc(out, func(a, b result.Gap) int { return cmp.Compare(b.Length, a.Length) })
	return out[:min(len(out), maxGaps)]
}
