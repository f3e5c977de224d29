package loadgen

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
	"rtbench/proto/record"
)

const (
	connectTimeout  = 10 * time.Second
	concurrentOpens = 32
	connectAttempts = 3
	// startLead is the time between opening the last stream and the plan's origin.
	startLead = 20 * time.Millisecond
)

// connect opens the streams and sets the plan's origin.
func (r *repetition) connect(ctx context.Context) error {
	started := clock.Now()
	defer func() { r.rep.Phases.Connect = time.Duration(clock.Now() - started) }()
	open := r.openThenStart
	if r.job.sharedStart() {
		open = r.openBeforeStart
	}
	if err := open(ctx); err != nil {
		return err
	}
	r.sink = record.NewSink(r.from, r.to)
	r.prepareArrivals()
	r.rep.Negotiated = r.exchanges[0].stream().Negotiated
	return nil
}

// openBeforeStart opens the streams before the plan's origin, which each call carries, so client
// and server compute the same intended times. The origin lies ahead by the expected opening time;
// if that was too short, all streams are opened again.
func (r *repetition) openBeforeStart(ctx context.Context) error {
	n := r.job.streams()
	each := 300 * time.Microsecond
	if r.job.cell.TLS {
		each = 2 * time.Millisecond
	}
	lead := 50*time.Millisecond + time.Duration(n)*each
	if set := r.job.cell.Connect; set > 0 {
		lead = set
	}
	for range connectAttempts {
		begin := clock.Now()
		r.plan(begin + int64(lead))
		if err := r.openAll(ctx, max(connectTimeout, r.job.cell.Connect)); err != nil {
			return err
		}
		took := time.Duration(clock.Now() - begin)
		if took < lead {
			return nil
		}
		r.closeOpened()
		lead = 2*took + 50*time.Millisecond
	}
	return fmt.Errorf("opening %d streams took longer than %v in each attempt; increase phases.connect", n, lead/2)
}

// openThenStart opens the streams and then sets the plan's origin, which only the client knows. A
// closed loop without a warm-up starts at once, since anything sent earlier would precede the
// steady phase.
func (r *repetition) openThenStart(ctx context.Context) error {
	limit := connectTimeout
	if set := r.job.cell.Connect; set > 0 {
		limit = set
	}
	if r.job.resultCell.NothingOpened() {
		limit = min(limit, retryTimeout)
	}
	r.plan(clock.Now())
	if err := r.openAll(ctx, limit); err != nil {
		return err
	}
	lead := int64(startLead)
	if !r.open() && r.job.cell.Warmup == 0 {
		lead = 0
	}
	r.plan(clock.Now() + lead)
	for _, e := range r.exchanges {
		e.call = r.call(e.call.Share)
	}
	return nil
}

// openAll opens the streams within limit. Those that do not open are left out. It returns an error
// if the failure policy does not allow that, or if the load needs them.
func (r *repetition) openAll(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := r.job.cell
	for range p.Connections {
		d, err := r.newDriver()
		if err != nil {
			return err
		}
		r.drivers = append(r.drivers, d)
	}
	opened := make([]*exchange, r.job.streams())
	group, opening := errgroup.WithContext(ctx)
	group.SetLimit(concurrentOpens)
	for share := range opened {
		group.Go(func() (err error) {
			opened[share], err = r.openExchange(opening, r.drivers[share/p.Streams], share)
			return err
		})
	}
	err := group.Wait()
	r.exchanges = slices.DeleteFunc(opened, func(e *exchange) bool { return e == nil })
	if err == nil && (len(r.exchanges) == 0 || r.traffic.senders == firstSends && r.exchanges[0].call.Share != 0) {
		r.countEvents()
		err = r.nothingOpenedError(ctx)
	}
	return err
}

// openExchange opens the stream of a share. It returns nil if it is left out.
func (r *repetition) openExchange(ctx context.Context, d driver.Driver, share int) (*exchange, error) {
	c := r.call(share)
	l, opening, err := r.openStream(ctx, d, c, nil, r.countRefused)
	switch {
	case err == nil:
		if err := r.tooManyStreams(l.stream); err != nil {
			_ = l.close()
			return nil, err
		}
		return newExchange(r, d, l, c, opening), nil
	case r.policy == abort:
		return nil, fmt.Errorf("opening stream %d of %d over %s: %w", share+1, r.job.streams(), r.job.cell.Protocol, err)
	}
	return nil, nil
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
