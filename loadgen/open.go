package loadgen

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// openStream opens a stream and returns the start of its opening. previous is its ended predecessor,
// or nil. As far as the failure policy allows, it passes errors to failed and retries until ctx ends
// or a retry is pointless.
func (r *repetition) openStream(ctx context.Context, d driver.Driver, c proto.Call, previous *activeStream, failed func(error)) (l *activeStream, opening int64, err error) {
	for n := 0; ctx.Err() == nil; n++ {
		opening = clock.Now()
		if l, err = r.attempt(ctx, d, c, previous); err == nil {
			return l, opening, nil
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, 0, err // canceled by us
		}
		if r.policy != abort {
			failed(err)
		}
		if !r.policy.retries(n, err) {
			return nil, 0, err
		}
		wait := max(backoff(n), driver.RetryAfter(err), previous.retry())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return nil, 0, ctx.Err()
}

// attempt opens a stream of d for a call to the cell's target. It is open once its opening steps are
// done.
func (r *repetition) attempt(ctx context.Context, d driver.Driver, c proto.Call, previous *activeStream) (*activeStream, error) {
	if limit := r.policy.attemptTimeout(r.job.opening()); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if r.job.guide() {
		g, st, err := r.guideAPI().Open(ctx, d, r.job.cell.Protocol, c)
		return &activeStream{stream: st, guide: g}, err
	}
	st, err := d.Open(ctx, r.endpoint(c))
	if err != nil || !r.job.custom() {
		return &activeStream{stream: st}, err
	}
	var last *script.Session
	if previous != nil {
		last = previous.script
	}
	t := r.job.target.Script.NewSession(c, last)
	if err := t.Open(ctx, st); err != nil {
		_ = st.Close()
		return nil, err
	}
	return &activeStream{stream: st, script: t}, nil
}

// endpoint returns the endpoint of a stream, unless its target has the guide's API.
func (r *repetition) endpoint(c proto.Call) *driver.Endpoint {
	if r.job.custom() {
		e := *r.job.target.Endpoint
		e.Call = c
		return &e
	}
	p := r.job.cell.Protocol
	return drivers.Reference(p, r.server.Info.Addresses[p], r.server.TLS != nil, c)
}

func (r *repetition) guideAPI() *guideapi.API {
	return &guideapi.API{
		Address: r.server.Info.Addresses[r.job.cell.Protocol], Secure: r.server.TLS != nil,
		Path: r.job.cell.Path, Token: r.server.Token(), Unmatched: r.countUnmatched,
	}
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

// newDriver returns a driver for one connection.
func (r *repetition) newDriver() (driver.Driver, error) {
	p, t := r.job.cell.Protocol, driver.Target{Dial: r.dialer.dial}
	if custom := r.job.target; custom != nil {
		t.Address, t.TLS = custom.Address, custom.TLS
		return drivers.New(p, t)
	}
	t.Address, t.TLS = r.server.Info.Addresses[p], r.server.TLS
	return drivers.New(p, t)
}
