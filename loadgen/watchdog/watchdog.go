// Package watchdog notices when this process did not run.
package watchdog

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/report/result"
)

const (
	interval = 20 * time.Millisecond
	minGap   = 20 * time.Millisecond
	minPause = 100 * time.Millisecond
	// maxPauses bounds the gaps and the pauses kept for a repetition.
	maxPauses = 10_000
	// maxGaps bounds the gaps in a result.
	maxGaps = 10
)

// A Watchdog ticks every interval. More than minPause between two ticks is a pause of the process:
// it was stopped by a signal, starved of CPU, or its machine was paused or suspended. Gaps of more
// than minGap are kept too, since 60 ms can be most of a response of 80 ms.
//
// Busy cores hardly ever cause a pause: beside 8 spinning processes on 2 cores at load 15, the
// longest of 1,800 gaps was 119 ms. 50 ticks/s cost 0.2 % of a core there.
//
// Its methods are safe for concurrent use. A nil Watchdog has noticed no pause.
type Watchdog struct {
	stopping atomic.Bool
	ended    chan struct{}
	ticked   atomic.Int64 // time of the last tick
	// lastFrom and lastTo delimit the last pause.
	lastFrom, lastTo atomic.Int64

	mu     sync.Mutex
	pauses []gap
	gaps   []gap // between minGap and minPause
}

// A gap is the time between two ticks; longer is the suspended time that clock.Now does not count.
type gap struct {
	from, to int64
	longer   time.Duration
}

// Start starts a watchdog, which the caller must stop.
func Start() *Watchdog {
	w := &Watchdog{ended: make(chan struct{})}
	w.ticked.Store(clock.Now())
	go w.run()
	return w
}

func (w *Watchdog) run() {
	defer close(w.ended)
	suspended := clock.Suspended()
	for !w.stopping.Load() {
		time.Sleep(interval)
		last, now, since := w.ticked.Load(), clock.Now(), clock.Suspended()
		longer := since - suspended
		if length := time.Duration(now-last) + longer; length > interval+minGap {
			w.note(gap{last, now, longer}, length > interval+minPause)
		}
		w.ticked.Store(now)
		suspended = since
	}
}

func (w *Watchdog) note(s gap, pause bool) {
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

// Stop ends the watchdog. It may be called again.
func (w *Watchdog) Stop() {
	w.stopping.Store(true)
	<-w.ended
}

// pending returns the start of a pause that no tick has ended yet, or 0.
func (w *Watchdog) pending(now int64) int64 {
	if last := w.ticked.Load(); time.Duration(now-last) > interval+minPause {
		return last
	}
	return 0
}

// paused returns how long the process was paused since a time.
func (w *Watchdog) paused(since int64) (sum time.Duration) {
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

// Ran returns how long the process has run since a time.
func (w *Watchdog) Ran(since int64) time.Duration {
	return time.Duration(clock.Now()-since) - w.paused(since)
}

// Explains reports whether a pause explains a wait from due to now. The backlog that a pause
// leaves is assumed to take a quarter of its length.
func (w *Watchdog) Explains(due, now int64) bool {
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

// Within returns a context that ends after the process has run for d, pauses excluded.
func (w *Watchdog) Within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	began := clock.Now()
	go func() {
		defer cancel()
		for {
			left := d - w.Ran(began)
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

// Pauses sums the pauses that overlap the steady phase or the wait for its last replies,
// which ended at until. Time after the steady phase counts as in the drain, and time between the
// turns of a load not at all.
func (w *Watchdog) Pauses(phase pace.Window, until int64) (p result.Pauses) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from, to := phase.From, phase.To
	for _, s := range w.pauses {
		if !s.touches(phase, until) {
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

// touches reports whether the gap overlaps the steady phase, or the wait for replies until until.
func (s gap) touches(phase pace.Window, until int64) bool {
	return phase.Part(s.from, s.to) > 0 || s.to > phase.To && s.from < until
}

// Gaps returns the longest gaps in the steady phase and in the wait for its last replies.
func (w *Watchdog) Gaps(phase pace.Window, until int64) (out []result.Gap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.gaps {
		if s.touches(phase, until) {
			at := phase.Part(phase.From, s.from) + time.Duration(max(0, s.from-phase.To))
			out = append(out, result.Gap{At: at, Length: time.Duration(s.to-s.from) + s.longer - interval})
		}
	}
	slices.SortStableFunc(out, func(a, b result.Gap) int { return cmp.Compare(b.Length, a.Length) })
	return out[:min(len(out), maxGaps)]
}
