package session

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

// An opener opens streams to a target.
type opener struct {
	*Config
	source *Config // of the group whose messages are delivered to the streams, or nil
	events *Events
}

// placeOf returns the place of a share's stream among those of all groups, with the row of a user.
func (o *opener) placeOf(share, user int) script.Place {
	p := script.Alone(o.number(share), o.All)
	p.Row = user
	p.ClockShift = o.ClockShift
	p.Answered, p.Beat = o.events.countAnswer, o.events.countBeat
	switch p.Room = o.room(share); {
	case o.source != nil:
		p.Senders = o.source.sendersIn(p.Room)
	case o.pattern() == proto.Fanout: // the first stream publishes
		p.Senders = script.Senders{First: o.First, Next: o.First + 1, Step: 1}
	}
	return p
}

// tries are the attempts to open a stream. Unless the failure policy is Abort, they go on while again says so.
type tries struct {
	begin  func() // of an attempt
	failed func(error)
	again  func(n int, err error) (wait time.Duration, ok bool) // after attempt n, from 0, failed
}

// openStream opens a stream of a user and returns the start of its opening. previous is its ended
// predecessor, or nil. It tries until ctx ends or the tries do.
func (o *opener) openStream(ctx context.Context, d *connection, c proto.Call, user int, previous *activeStream, t tries) (l *activeStream, opening int64, err error) {
	for n := 0; ctx.Err() == nil; n++ {
		opening = clock.Now()
		if c.Since != 0 {
			c.Since = opening
		}
		born := d.cuts.Load()
		d.begin()
		t.begin()
		if l, err = o.attempt(ctx, d, c, user, previous); err == nil {
			l.by, l.born = d, born
			return l, opening, nil
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, 0, err // canceled by us
		}
		if o.Policy != Abort {
			t.failed(err)
		}
		wait, ok := t.again(n, err)
		if !ok {
			return nil, 0, err
		}
		select {
		case <-time.After(max(wait, driver.RetryAfter(err), previous.retry())):
		case <-ctx.Done():
		}
	}
	return nil, 0, ctx.Err()
}

// attempt opens a stream of d for a call to the cell's target. It is open once its opening steps are
// done.
func (o *opener) attempt(ctx context.Context, d *connection, c proto.Call, user int, previous *activeStream) (*activeStream, error) {
	if limit := o.Policy.attemptTimeout(o.opening()); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if o.guide() {
		g, st, err := o.guideAPI().Open(ctx, d, o.Cell.Protocol, c)
		return &activeStream{stream: st, dialect: g}, err
	}
	st, err := d.Open(ctx, o.endpoint(c, user))
	if err != nil || !o.custom() {
		return &activeStream{stream: st}, err
	}
	var last *script.Session
	if previous != nil {
		last = previous.script
	}
	t := o.Custom.Script.NewSession(c, o.placeOf(c.Share, user), last)
	if err := t.Open(ctx, st); err != nil {
		_ = t.Close()
		return nil, err
	}
	return &activeStream{stream: st, dialect: t, script: t}, nil
}

// endpoint returns the endpoint of a user's stream, unless its target has the guide's API.
func (o *opener) endpoint(c proto.Call, user int) *driver.Endpoint {
	if o.custom() {
		t, e := trafficOf(o.Config), o.Custom.EndpointOf(user, o.room(c.Share))
		e.PostLate = !t.sends(c.Share)
		return e
	}
	p := o.Cell.Protocol
	if c.Pattern.Traffic().Asked {
		c.Arrivals = "" // those of requests
	}
	return drivers.Reference(p, o.Cell.Stack, o.Server.Info.Addresses[p], o.Server.TLS != nil, c.On(o.Ahead))
}

func (o *opener) guideAPI() *guideapi.API {
	return &guideapi.API{
		Address: o.Server.Info.Addresses[o.Cell.Protocol], Secure: o.Server.TLS != nil,
		Path: o.Cell.Path, Token: o.Server.Token(), Ahead: o.Ahead, ClockShift: o.ClockShift,
	}
}

// tooManyStreams returns an error if the server of st allows fewer streams per connection than the
// cell has. The excess streams would block forever.
func (o *opener) tooManyStreams(st *driver.Stream) error {
	streams, most, reserved := o.Cell.Streams, st.StreamLimit, st.ReservedStreams
	if most == 0 || streams+reserved <= most {
		return nil
	}
	text := fmt.Sprintf("the server allows %d streams per connection (HTTP/2 SETTINGS_MAX_CONCURRENT_STREAMS), but the scenario needs %d", most, streams)
	if reserved > 0 {
		text += " and more for POSTs"
	}
	if most-reserved < 1 {
		return fmt.Errorf("%s over %s", text, o.Cell.Protocol)
	}
	return fmt.Errorf("%s over %s: use load.streams: %d and more load.connections", text, o.Cell.Protocol, most-reserved)
}
