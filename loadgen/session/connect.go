package session

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

// Connect opens the streams and sets the window. Close ends them, also after an error.
func (g *Group) Connect(ctx context.Context) error {
	c := connector{g}
	open := c.openThenStart
	if g.SharedStart {
		open = c.openBeforeStart
	}
	if err := open(ctx); err != nil {
		return err
	}
	g.Sink = record.NewSink(g.From, g.To)
	g.gaps.prepare(g)
	return nil
}

// A connector opens the streams of a group.
type connector struct{ *Group }

// openBeforeStart opens the streams before the plan's origin, which each call carries, so client
// and server compute the same intended times. The origin lies ahead by the expected opening time;
// if that was too short, all streams are opened again.
func (c connector) openBeforeStart(ctx context.Context) error {
	n := c.Streams()
	each := 300 * time.Microsecond
	if c.Cell.TLS {
		each = 2 * time.Millisecond
	}
	lead := 50*time.Millisecond + time.Duration(n)*each
	if set := c.Cell.Connect; set > 0 {
		lead = set
	}
	for range connectAttempts {
		begin := clock.Now()
		c.Window = newWindow(&c.Cell, begin+int64(lead))
		if err := c.openAll(ctx, max(connectTimeout, c.Cell.Connect)); err != nil {
			return err
		}
		took := time.Duration(clock.Now() - begin)
		if took < lead {
			return nil
		}
		c.closeOpened()
		lead = 2*took + 50*time.Millisecond
	}
	return fmt.Errorf("opening %d streams took longer than %v in each attempt; increase phases.connect", n, lead/2)
}

// openThenStart opens the streams and then sets the plan's origin, which only the client knows. A
// closed loop without a warm-up starts at once, since anything sent earlier would precede the
// steady phase.
func (c connector) openThenStart(ctx context.Context) error {
	limit := connectTimeout
	if set := c.Cell.Connect; set > 0 {
		limit = set
	}
	if c.Impatient {
		limit = min(limit, retryTimeout)
	}
	c.Window = newWindow(&c.Cell, clock.Now())
	if err := c.openAll(ctx, limit); err != nil {
		return err
	}
	lead := int64(startLead)
	if !c.Open() && c.Cell.Warmup == 0 {
		lead = 0
	}
	c.Window = newWindow(&c.Cell, clock.Now()+lead)
	for _, e := range c.sessions {
		e.call = c.call(e.call.Share)
	}
	return nil
}

// openAll opens the streams within limit. Those that do not open are left out. It returns an error
// if the failure policy does not allow that, or if the load needs them.
func (c connector) openAll(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p := c.Cell
	for range p.Connections {
		d, err := c.newDriver()
		if err != nil {
			return err
		}
		c.drivers = append(c.drivers, d)
	}
	opened := make([]*Session, c.Streams())
	group, opening := errgroup.WithContext(ctx)
	group.SetLimit(concurrentOpens)
	for share := range opened {
		group.Go(func() (err error) {
			opened[share], err = c.openSession(opening, c.drivers[share/p.Streams], share)
			return err
		})
	}
	err := group.Wait()
	c.sessions = slices.DeleteFunc(opened, func(e *Session) bool { return e == nil })
	if err == nil && (len(c.sessions) == 0 || c.traffic.senders == firstSends && c.sessions[0].call.Share != 0) {
		err = c.nothingOpenedError(ctx)
	}
	return err
}

// openSession opens the stream of a share. It returns nil if it is left out.
func (c connector) openSession(ctx context.Context, d driver.Driver, share int) (*Session, error) {
	call := c.call(share)
	l, opening, err := c.openStream(ctx, d, call, nil, c.Events.countRefused)
	switch {
	case err == nil:
		if err := c.tooManyStreams(l.stream); err != nil {
			_ = l.close()
			return nil, err
		}
		return newSession(c.Group, d, l, call, opening), nil
	case c.Policy == Abort:
		return nil, fmt.Errorf("opening stream %d of %d over %s: %w", share+1, c.Streams(), c.Cell.Protocol, err)
	}
	return nil, nil
}

// nothingOpenedError returns the most frequent reason.
func (c connector) nothingOpenedError(ctx context.Context) error {
	class, times, all, example := c.Events.mostRefused()
	if class == "" {
		return context.Cause(ctx)
	}
	return fmt.Errorf("no stream could be opened over %s: %d attempts, %d × %s: %s", c.Cell.Protocol, all, times, class, example)
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
