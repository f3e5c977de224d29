package loadgen

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/record"
)

const (
	connectTimeout  = 10 * time.Second
	concurrentOpens = 32
	connectAttempts = 3
)

// connect opens all streams. Each call carries the plan's origin, so client and server compute
// the same intended times. The origin lies ahead by the expected opening time; if that was too
// short, all streams are opened again.
func (r *repetition) connect(ctx context.Context) error {
	started := clock.Now()
	defer func() { r.rep.Phases.Connect = time.Duration(clock.Now() - started) }()
	if r.job.custom() {
		return r.connectCustom(ctx)
	}
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
		if err := r.openAll(ctx); err != nil {
			return err
		}
		took := time.Duration(clock.Now() - begin)
		if took < lead {
			r.sink = record.NewSink(r.from, r.to)
			return nil
		}
		r.closeOpened()
		lead = 2*took + 50*time.Millisecond
	}
	return fmt.Errorf("opening %d streams took longer than %v in each attempt; increase phases.connect", n, lead/2)
}

func (r *repetition) openAll(ctx context.Context) error {
	limit := max(connectTimeout, r.job.cell.Connect)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := r.job.cell
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentOpens)
	var mu sync.Mutex
	r.exchanges = make([]*exchange, r.job.streams())
	for c := range p.Connections {
		d, err := r.newDriver()
		if err != nil {
			return err
		}
		r.drivers = append(r.drivers, d)
		for s := range p.Streams {
			share := c*p.Streams + s
			group.Go(func() error {
				call := r.call(share)
				st, err := d.Open(ctx, r.endpoint(call))
				if err != nil {
					return fmt.Errorf("opening stream %d of %d over %s: %w", share+1, r.job.streams(), p.Protocol, err)
				}
				if err := r.tooManyStreams(st); err != nil {
					_ = st.Close()
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				r.exchanges[share] = newExchange(r, d, st, call)
				return nil
			})
		}
	}
	err := group.Wait()
	if err != nil {
		r.closeOpened()
	}
	return err
}

// tooManyStreams returns an error if the server of st allows fewer streams per connection than the
// cell has. The excess streams would block forever.
func (r *repetition) tooManyStreams(st *driver.Stream) error {
	streams, most, reserved := r.job.cell.Streams, st.StreamLimit, st.ReservedStreams
	if most == 0 || streams+reserved <= most {
		return nil
	}
	text := fmt.Sprintf("the server allows %d streams per connection (HTTP/2 SETTINGS_MAX_CONCURRENT_STREAMS), but the scenario needs %d", most, streams)
	if reserved > 0 {
		text += " and more for POSTs"
	}
	if most-reserved < 1 {
		return fmt.Errorf("%s over %s", text, r.job.cell.Protocol)
	}
	return fmt.Errorf("%s over %s: use load.streams: %d and more load.connections", text, r.job.cell.Protocol, most-reserved)
}

// endpoint returns the endpoint of a stream.
func (r *repetition) endpoint(c proto.Call) *driver.Endpoint {
	switch {
	case r.job.custom():
		e := *r.job.target.Endpoint
		e.Call = c
		return &e
	case r.job.guide():
		return &driver.Endpoint{Call: c}
	}
	p := r.job.cell.Protocol
	return drivers.Reference(p, r.server.Info.Addresses[p], r.server.TLS != nil, c)
}

// newDriver returns a driver for one connection.
func (r *repetition) newDriver() (driver.Driver, error) {
	p := r.job.cell
	if r.job.custom() {
		return r.customDriver()
	}
	t := driver.Target{
		Address: r.server.Info.Addresses[p.Protocol], TLS: r.server.TLS, Dial: r.dialer.dial,
		Path: p.Path, Token: r.server.Token(),
	}
	if r.job.guide() {
		t.Unmatched = r.Unmatched
		return drivers.NewGuide(p.Protocol, t)
	}
	return drivers.New(p.Protocol, t)
}
