package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

const (
	connectTimeout  = 10 * time.Second
	concurrentOpens = 32
	connectAttempts = 3
	// startLead is the time between opening the last stream and the plan's origin.
	startLead = 20 * time.Millisecond
)

// Open opens the streams of groups that run together, and sets their windows, which have the same
// origin. Close ends the streams, also after an error.
func Open(ctx context.Context, groups []*Group) error {
	c := connector(groups)
	c.expectLoops()
	open := c.openThenStart
	switch {
	case groups[0].StartAt != 0:
		open = c.openUntilStart
	case slices.ContainsFunc(groups, func(g *Group) bool { return !g.custom() }):
		open = c.openBeforeStart
	}
	if err := open(ctx); err != nil {
		return err
	}
	for _, g := range groups {
		g.Sink = record.NewSink(g.Window)
		g.splitKinds()
		g.followOverload()
		g.foldBursts()
		g.edges.arm(g.From, g.OnEdge)
		g.gaps.prepare(g)
		if g.traffic.asks {
			g.requests = newRequests(g.reopens.parent, g)
		}
		g.between.prepare(g)
	}
	return nil
}

// A connector opens the streams of groups.
type connector []*Group

// expectLoops notes whether event loops will drive the streams, as far as it is known before they are open.
func (c connector) expectLoops() {
	loops := !slices.ContainsFunc(c, (*Group).plansGoroutines)
	for _, g := range c {
		g.parks = loops
	}
}

// begin sets the windows, and with them the calls.
func (c connector) begin(origin int64) {
	for _, g := range c {
		g.Timing = NewTiming(&g.Cell, g.Turns, origin)
	}
}

// openBeforeStart opens the streams before the plan's origin, which each call carries, so client
// and server compute the same intended times. The origin lies ahead by the expected opening time;
// if that was too short, all streams are opened again.
func (c connector) openBeforeStart(ctx context.Context) error {
	n, set := 0, time.Duration(0)
	var cells []scenarios.Cell
	for _, g := range c {
		n += g.Streams()
		set = max(set, g.Cell.Connect)
		cells = append(cells, g.Cell)
	}
	lead := Lead(cells, c[0].Share)
	for range connectAttempts {
		begin := clock.Now()
		c.begin(begin + int64(lead))
		for _, g := range c {
			if err := g.openAll(ctx, max(connectTimeout, set), clock.Now()); err != nil {
				return err
			}
		}
		took := time.Duration(clock.Now() - begin)
		if took < lead {
			return nil
		}
		for _, g := range c {
			g.closeOpened()
		}
		lead = 2*took + leastLead
	}
	return fmt.Errorf("opening %d streams took longer than %v in each attempt; increase phases.connect", n, lead/2)
}

// leastLead is the least time from the beginning of opening to the plan's origin.
const leastLead = 50 * time.Millisecond

// openingTime returns the expected time to open a number of streams.
func openingTime(c *scenarios.Cell, streams int) time.Duration {
	if c.TLS {
		return time.Duration(streams) * 2 * time.Millisecond
	}
	return time.Duration(streams) * 300 * time.Microsecond
}

// Lead returns how long before the plan's origin the streams of a share of cells that run together should
// begin to open.
func Lead(cells []scenarios.Cell, s cell.Share) time.Duration {
	lead, set, planned := leastLead, time.Duration(0), time.Duration(0)
	for i := range cells {
		c := &cells[i]
		lead += openingTime(c, s.Connections(c)*c.Streams)
		set, planned = max(set, c.Connect), planned+c.ConnectsFor()
	}
	return cmp.Or(set, lead) + planned
}

// A LateError is the error of Open if the streams opened after StartAt.
type LateError struct {
	Streams int
	By      time.Duration
}

func (e *LateError) Error() string {
	return fmt.Sprintf("opening %s took %v longer than planned; increase phases.connect", result.Plural(e.Streams, "stream"), e.By.Round(time.Millisecond))
}

// openUntilStart opens the streams before the origin that all generators have in common.
func (c connector) openUntilStart(ctx context.Context) error {
	start, streams := c[0].StartAt, 0
	c.begin(start)
	for i, g := range c {
		at, limit := clock.Now(), time.Duration(start-clock.Now())+connectTimeout
		if g.Impatient {
			limit = min(limit, retryTimeout)
		}
		if g.Cell.Connecting != "" {
			at = c.connectAt(i)
		}
		if err := g.openAll(ctx, limit, at); err != nil {
			return err
		}
		streams += g.Streams()
	}
	if late := clock.Now() - start; late > 0 {
		return &LateError{streams, time.Duration(late)}
	}
	return nil
}

// connectAt returns when the ith group begins to connect by its plan. That is the same time for all generators, so
// each group has an equal part of the time beyond all plans for its last connections to open.
func (c connector) connectAt(i int) int64 {
	var before, all time.Duration // of the plans
	for k, g := range c {
		if k < i {
			before += g.Cell.ConnectsFor()
		}
		all += g.Cell.ConnectsFor()
	}
	rest := max(0, time.Duration(c[0].StartAt-c[0].ConnectAt)-all)
	return c[0].ConnectAt + int64(before+rest*time.Duration(i)/time.Duration(len(c)))
}

// openThenStart opens the streams and then sets the plan's origin, which only the client knows. Closed
// loops without a warm-up start at once, since anything sent earlier would precede the steady phase.
func (c connector) openThenStart(ctx context.Context) error {
	c.begin(clock.Now())
	var lead int64
	for _, g := range c {
		limit := connectTimeout
		if set := g.Cell.Connect; set > 0 {
			limit = set
		}
		if g.Impatient {
			limit = min(limit, retryTimeout)
		}
		if err := g.openAll(ctx, limit, clock.Now()); err != nil {
			return err
		}
		if g.Open() || g.Cell.Warmup > 0 {
			lead = int64(startLead)
		}
	}
	c.begin(clock.Now() + lead)
	return nil
}

// openAll opens the streams, from a time on and within limit after the last is due. Those that do not open are left
// out. It returns an error if the failure policy does not allow that, or if the load needs them.
func (g *Group) openAll(ctx context.Context, limit time.Duration, at int64) error {
	ctx, cancel := context.WithTimeout(ctx, limit+g.Cell.ConnectsFor()+max(0, time.Duration(at-clock.Now())))
	defer cancel()
	p := g.Cell
	for range g.Share.Connections(&p) {
		d, err := g.newConnection()
		if err != nil {
			return err
		}
		g.drivers = append(g.drivers, d)
	}
	g.connectTimes.begin(at)
	opened := make([]*Session, g.Streams())
	group, opening := errgroup.WithContext(ctx)
	if p.Connecting == "" {
		group.SetLimit(concurrentOpens)
	}
	for n := range opened {
		group.Go(func() (err error) {
			opened[n], err = g.openSession(opening, g.drivers[n/p.Streams], g.stream(n))
			return err
		})
	}
	err := group.Wait()
	g.sessions = slices.DeleteFunc(opened, func(e *Session) bool { return e == nil })
	if err == nil && (len(g.sessions) == 0 || g.traffic.sends(g.stream(0)) && !g.traffic.sends(g.sessions[0].share)) {
		err = g.nothingOpenedError(ctx)
	}
	return err
}

// openSession opens the stream of a share once it is due. It returns nil if it is left out.
func (g *Group) openSession(ctx context.Context, d *connection, share int) (*Session, error) {
	call, due := g.call(share), clock.Now()
	if after, planned := g.Cell.ConnectAt(share / g.Cell.Streams); planned {
		due = g.connectTimes.begun + int64(after)
		if !sleepUntil(ctx, due) {
			return nil, g.ifAborts(context.Cause(ctx))
		}
	}
	if g.perCall() { // streams open with requests
		return newSession(g, d, g.idleStream(call), share, clock.Now()), nil
	}
	first := clock.Now()
	l, opening, err := g.openStream(ctx, d, call, g.number(share), nil, tries{func() {}, g.Events.countRefused, g.Policy.retry})
	if err != nil {
		return nil, g.ifAborts(fmt.Errorf("opening stream %d of %d over %s: %w", share+1, call.Of, g.Cell.Protocol, err))
	}
	if err := g.tooManyStreams(l.stream); err != nil {
		_ = l.close()
		return nil, err
	}
	if g.parks && l.stream.Loop != nil {
		l.stream.Loop.Park()
	}
	g.connectTimes.opened(d, &g.Config, timesOf{due: due, first: first, last: opening, planned: g.Cell.Connecting != ""})
	return newSession(g, d, l, share, opening), nil
}

// ifAborts returns err if the failure policy does not allow a stream that does not open.
func (g *Group) ifAborts(err error) error {
	if g.Policy == Abort {
		return err
	}
	return nil
}

// nothingOpenedError returns the most frequent reason.
func (g *Group) nothingOpenedError(ctx context.Context) error {
	class, times, all, example := g.Events.mostRefused()
	if class == "" {
		return context.Cause(ctx)
	}
	return fmt.Errorf("no stream could be opened over %s: %d attempts, %d × %s: %s", g.Cell.Protocol, all, times, class, example)
}

// closeOpened closes the streams and drivers that openAll opened.
func (g *Group) closeOpened() {
	for _, e := range g.sessions {
		_ = e.active.Load().close()
	}
	for _, d := range g.drivers {
		_ = d.Close()
	}
	g.sessions, g.drivers = nil, nil
}
