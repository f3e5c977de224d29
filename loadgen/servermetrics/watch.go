// Package servermetrics reads metrics of a custom target during the steady phase: series that it exports, its control
// group, and its processes.
package servermetrics

import (
	"context"
	"sync"
	"time"

	"rtbench/loadgen/scrape"
	"rtbench/loadgen/target"
	"rtbench/proto/clock"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// A Watch reads the metrics in its own goroutine, so that a slow server delays nothing.
type Watch struct {
	sources target.Sources
	every   time.Duration
	stop    context.CancelFunc
	reading sync.WaitGroup
	result  result.ServerMetrics

	tracks    []*track
	group     group
	processes processes
}

// New returns a Watch of the metrics that stats names; nil if it names none.
func New(stats scenarios.Stats, sources target.Sources) *Watch {
	if !stats.Watches() {
		return nil
	}
	if !stats.Several() {
		sources.Processes = nil
	}
	w := &Watch{sources: sources, every: stats.Every, result: result.ServerMetrics{Every: stats.Every}}
	for _, s := range stats.Series {
		w.tracks = append(w.tracks, &track{Series: s})
	}
	return w
}

// Start begins reading, at once and then at the interval. The caller must Stop it.
func (w *Watch) Start(ctx context.Context) {
	ctx, w.stop = context.WithCancel(ctx)
	w.reading.Go(func() {
		w.read(ctx)
		tick := time.NewTicker(w.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.read(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
}

// Stop takes a last reading and returns the metrics.
func (w *Watch) Stop(ctx context.Context) *result.ServerMetrics {
	w.stop()
	w.reading.Wait()
	w.read(context.WithoutCancel(ctx))
	m := w.result
	for _, t := range w.tracks {
		m.Series = append(m.Series, t.result())
	}
	if w.sources.Group != nil {
		m.Series = append(m.Series, w.group.result(w.sources.Group.Name))
	}
	if w.sources.Processes != nil {
		m.Series = append(m.Series, w.processes.result(w.sources.Processes.String()))
	}
	return &m
}

// read takes a reading of all sources, unless ctx ends.
func (w *Watch) read(ctx context.Context) {
	began := clock.Now()
	err := w.readSources(ctx)
	took := time.Duration(clock.Now() - began)
	switch {
	case err != nil && ctx.Err() != nil: // at the end of the phase
		return
	case err != nil:
		w.result.Failed++
		w.result.Error = err.Error()
	default:
		w.result.Readings++
	}
	if w.result.Longest = max(w.result.Longest, took); took > w.every {
		w.result.Late++
	}
}

func (w *Watch) readSources(ctx context.Context) error {
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	if g := w.sources.Group; g != nil {
		u, err := g.Read()
		if note(err); err == nil {
			w.group.add(clock.Now(), u)
		}
	}
	if p := w.sources.Processes; p != nil {
		_, n, err := p.Read()
		if note(err); err == nil {
			w.processes.add(n)
		}
	}
	if len(w.tracks) == 0 {
		return first
	}
	page, err := w.sources.Exporter.Fetch(ctx, w.every/2)
	if note(err); err != nil {
		return first
	}
	w.result.Bytes = max(w.result.Bytes, page.Bytes)
	w.add(page)
	return first
}

func (w *Watch) add(page *scrape.Page) {
	for _, t := range w.tracks {
		t.add(page)
	}
}
