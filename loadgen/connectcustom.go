package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// Backoff doubles with each attempt, with jitter of up to a half so that streams do not
// reconnect together.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 2 * time.Second
	// attemptTimeout limits the time of one attempt, excluding its opening steps.
	attemptTimeout = 5 * time.Second
	// permanentAttempts limits the attempts if the error is likely to persist.
	permanentAttempts = 3
	// retryTimeout limits the time to connect if the previous repetition opened no stream.
	retryTimeout = time.Second
	// replyTimeout limits the wait for a reply in a closed loop; then the stream is closed.
	replyTimeout = result.ReplyTimeout
	// startLead is the time between opening the last stream and the plan's origin.
	startLead = 20 * time.Millisecond
)

func backoff(attempt int) time.Duration {
	return jitter(min(maxBackoff, minBackoff<<min(attempt, 10)))
}

// jitter returns a random duration between d/2 and d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// stepsTime returns the longest time that steps may take.
func stepsTime(steps []script.Step) (d time.Duration) {
	for i := range steps {
		switch s := &steps[i]; s.Do {
		case "think":
			d += s.Pause
		case "wait", "expect":
			d += s.Within
		}
	}
	return d
}

// openWithRetries opens a stream. It retries until ctx ends or a retry is pointless, and then
// returns nil. It passes each error to failed.
func (r *repetition) openWithRetries(ctx context.Context, d driver.Driver, c proto.Call, failed func(error)) (*driver.Stream, int64) {
	endpoint := r.endpoint(c)
	for n := 0; ctx.Err() == nil; n++ {
		opening := clock.Now()
		once, cancel := context.WithTimeout(ctx, attemptTimeout+stepsTime(r.job.target.Script.Opening))
		st, err := d.Open(once, endpoint)
		cancel()
		if err == nil {
			return st, opening
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, 0 // canceled by us
		}
		failed(err)
		if driver.Final(err) || n+1 >= permanentAttempts && driver.Permanent(err) {
			return nil, 0
		}
		wait := max(backoff(n), driver.RetryAfter(err))
		if again, ok := d.(driver.Retrier); ok {
			wait = max(wait, again.Retry())
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return nil, 0
}

// connectCustom opens the streams to a custom target. Streams that fail to open are counted and
// left out; it returns an error only if no stream opens.
func (r *repetition) connectCustom(ctx context.Context) error {
	p := r.job.cell
	r.reopenCtx, r.cancelReopen = context.WithCancel(ctx)
	limit := r.job.cell.Connect
	if limit <= 0 {
		limit = connectTimeout
	}
	if r.job.resultCell.NothingOpened() {
		limit = min(limit, retryTimeout)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r.plan(clock.Now())
	opened := make([]*exchange, r.job.streams())
	var limited atomic.Pointer[error]
	var group errgroup.Group
	group.SetLimit(concurrentOpens)
	for i := range p.Connections {
		d, err := r.newDriver()
		if err != nil {
			return err
		}
		r.drivers = append(r.drivers, d)
		for s := range p.Streams {
			share := i*p.Streams + s
			group.Go(func() error {
				call := r.call(share)
				st, opening := r.openWithRetries(ctx, d, call, r.countRefused)
				if st == nil {
					return nil
				}
				opened[share] = newExchange(r, d, st, call)
				opened[share].opened = opening
				if err := r.tooManyStreams(st); err != nil {
					limited.CompareAndSwap(nil, &err)
					cancel()
				}
				return nil
			})
		}
	}
	_ = group.Wait()
	r.exchanges = slices.DeleteFunc(opened, func(e *exchange) bool { return e == nil })
	if err := limited.Load(); err != nil {
		return *err
	}
	if len(r.exchanges) == 0 || (r.job.publishes() && r.exchanges[0].call.Share != 0) {
		r.countEvents()
		return r.nothingOpenedError(ctx)
	}
	r.plan(clock.Now() + r.lead())
	for _, e := range r.exchanges {
		e.call = r.call(e.call.Share)
	}
	r.sink = record.NewSink(r.from, r.to)
	r.prepareArrivals()
	r.rep.Negotiated = r.exchanges[0].stream().Negotiated
	return nil
}

// lead returns the time from starting the streams to the plan's origin. A closed loop without a
// warm-up starts at once, since anything sent earlier would precede the steady phase.
func (r *repetition) lead() int64 {
	if !r.open() && r.job.cell.Warmup == 0 {
		return 0
	}
	return int64(startLead)
}

// nothingOpenedError returns the most frequent reason.
func (r *repetition) nothingOpenedError(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	most, all := "", uint64(0)
	refused := r.failures[phaseConnect].refused
	for class, n := range refused {
		if all += n; most == "" || n > refused[most] || (n == refused[most] && class < most) {
			most = class
		}
	}
	if most == "" {
		return context.Cause(ctx)
	}
	return fmt.Errorf("no stream could be opened over %s: %d attempts, %d × %s: %s", r.job.cell.Protocol, all, refused[most], most, r.examples[most])
}
