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

// The pauses between attempts: each twice as long as the one before, of which a random part
// between half and all is waited, so that the streams do not come together.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 2 * time.Second
	// attemptTimeout bounds one attempt, the time that its steps may take left out.
	attemptTimeout = 5 * time.Second
	// permanentAttempts is how often what another attempt will hardly mend is tried.
	permanentAttempts = 3
	// retryTimeout bounds the attempts of a repetition where the one before opened nothing.
	retryTimeout = time.Second
	// replyTimeout is how long a closed loop waits for a reply before its stream is broken off.
	replyTimeout = result.ReplyTimeout
	// startLead is the time between the last stream's opening and the plan's beginning.
	startLead = 20 * time.Millisecond
)

func backoff(attempt int) time.Duration {
	return jitter(min(maxBackoff, minBackoff<<min(attempt, 10)))
}

// jitter returns a random time between half of d and d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// stepsTime is the longest that steps may take.
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

// openWithRetries opens a stream, again and again until ctx ends or it is of no use. It returns nil
// when it could not; why is counted by failed.
func (r *repetition) openWithRetries(ctx context.Context, d driver.Driver, c proto.Call, failed func(error)) (driver.Stream, int64) {
	for n := 0; ctx.Err() == nil; n++ {
		asked := clock.Now()
		once, cancel := context.WithTimeout(ctx, attemptTimeout+stepsTime(r.job.target.Script.Opening))
		st, err := d.Open(once, c)
		cancel()
		if err == nil {
			return st, asked
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, 0 // broken off here
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

// connectCustom opens the streams. Those that could not be opened are left out and counted;
// the error is that there is none.
func (r *repetition) connectCustom(ctx context.Context) error {
	p := r.job.cell
	r.reopenCtx, r.cancelReopen = context.WithCancel(ctx)
	limit := r.job.scenario.Phases.Connect
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
				if st, asked := r.openWithRetries(ctx, d, call, r.countRefused); st != nil {
					opened[share] = newExchange(r, d, st, call)
					opened[share].custom.opened = asked
				}
				if err := r.tooManyStreams(d); err != nil {
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
	if n, ok := r.exchanges[0].stream().(driver.Negotiator); ok {
		r.rep.Negotiated = n.Negotiated()
	}
	return nil
}

// unopened returns how many streams could not be opened.
func (r *repetition) unopened() uint64 { return uint64(max(0, r.job.streams()-len(r.exchanges))) }

// lead is how long before the plan the streams are started. A closed loop begins at once:
// without a warm-up nothing is sent before the steady phase.
func (r *repetition) lead() int64 {
	if !r.open() && r.job.scenario.Phases.Warmup == 0 {
		return 0
	}
	return int64(startLead)
}

// nothingOpenedError says why.
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
