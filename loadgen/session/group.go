// Package session runs groups of streams: it opens them, sends and receives by a traffic pattern,
// reopens those that end as the failure policy says, and counts. Package loadgen decides when, and
// measures the resources of both ends.
package session

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"rtbench/loadgen/watchdog"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// A Group is a number of sessions that carry the same traffic. Its methods are called by one
// goroutine, after Open and Start in the order Drain, Close; Failures and BreakStalled in between.
type Group struct {
	Config
	Timing
	opener
	Events  *Events
	Sink    *record.Sink   // the times of the steady phase; nil before Open
	Course  *record.Course // of a steady phase with an overload; otherwise nil
	Sending record.Samples // how long calls of Send took in the steady phase
	Threads threads
	// Ended is closed once no stream is left; nil before Start.
	Ended chan struct{}

	connectTimes connectTimes
	churn        churn
	storms       *storms // nil if streams are not expected to end

	edges     edges
	traffic   traffic
	source    *Group    // the group whose messages are delivered to this one, itself if announced, or nil
	heard     bool      // messages are delivered to another group
	parks     bool      // event loops will drive the streams, probably
	requests  *requests // nil unless the traffic asks
	elsewhere elsewhere
	between   between
	drivers   []*connection
	sessions  []*Session
	open      presence
	reopens   reopening
	gaps      gapTimes
	watchdog  *watchdog.Watchdog

	sending   sync.WaitGroup
	receiving sync.WaitGroup
	// cutoff is set at the end of the drain; nothing is sent after it.
	cutoff      atomic.Bool
	stopSending context.CancelFunc // wakes senders that wait for their next message
	drainedAt   atomic.Int64       // end of waiting for replies
	closed      bool               // by Close
}

// New returns a group without streams. ctx ends the reopening of streams.
func New(ctx context.Context, c Config) *Group {
	c.All = max(c.All, c.Cell.Connections*c.Cell.Streams)
	g := &Group{Config: c, traffic: trafficOf(&c), stopSending: func() {}}
	g.reopens.parent = ctx
	g.reopens.ctx, g.reopens.cancel = context.WithCancel(ctx)
	g.Events = &Events{custom: c.Custom, window: &g.Timing, reopens: c.Policy == CountAndReopen}
	g.opener = opener{Config: &g.Config, events: g.Events}
	if g.announces() {
		g.source, g.opener.source = g, &g.Config
	}
	if len(c.Cell.Events) > 0 || c.Cell.HasPolicy() {
		g.storms = new(storms)
	}
	return g
}

// Receive makes g receive the messages of another group, which must open with it.
func (g *Group) Receive(from *Group) {
	g.source, g.opener.source, from.heard = from, &from.Config, true
}

// call returns what the stream of a share asks the server for.
func (g *Group) call(share int) proto.Call {
	c := &g.Cell
	call := proto.Call{
		Pattern: g.pattern(), Text: g.text(), Native: c.Encoding == "native", Size: c.Size,
		Profile: g.Profile, Arrivals: pace.Arrivals(c.Arrivals), Seed: c.Seed, Wave: g.Wave,
		Share: share, Of: g.Cell.Connections * g.Cell.Streams, Origin: g.Origin, SteadyFrom: g.From, SteadyTo: g.To, Turns: g.Turns,
		Topic: g.topic(0),
	}
	switch {
	case g.source != nil && g.source != g:
		call.Profile, call.Topic = nil, g.source.topic(g.room(share))
	case g.heard:
		call.Publish = g.topic(g.room(share))
	case g.traffic.asks:
		a := &g.Cell.Tokens
		call.Tokens, call.First, call.Every, call.Direct = a.Count, int64(a.First), int64(a.Every), g.perCall()
	}
	return call
}

// topic names the topic of a room of the group's messages. A server's summary covers the streams of one
// topic, so uploads of different shares have different ones.
func (g *Group) topic(room int) string {
	if g.traffic.summary {
		room = g.Share.Index
	}
	return fmt.Sprintf("%s-%s-%d", g.ID, cmp.Or(g.Topics, strconv.FormatInt(g.Origin, 10)), room)
}

func (g *Group) start(ctx context.Context, t *engine, w *watchdog.Watchdog) {
	g.watchdog, g.Threads.engine = w, t
	g.receiving.Add(len(g.sessions))
	g.open.streams = len(g.sessions)
	g.Ended = make(chan struct{})
	go func() {
		g.receiving.Wait()
		close(g.Ended)
	}()
	for _, e := range g.sessions {
		e.partitions = g.partitions()
	}
	g.Threads.receive(g)
	if g.paced() {
		g.startPacing(ctx)
	}
	if g.Cell.Churns() {
		g.startChurn()
	}
}

// peak returns the highest rate of the group's messages.
func (g *Group) peak() float64 { return g.Timing.peak() * g.Share.Fraction(&g.Cell) }

// paced reports whether pacers send.
func (g *Group) paced() bool { return g.Open() && (g.Sends() || g.traffic.asks) }

func (g *Group) startPacing(ctx context.Context) {
	if g.OnPacing != nil {
		g.OnPacing(g.Threads.metronomes)
	}
	ctx, g.stopSending = context.WithCancel(ctx)
	if g.traffic.asks {
		g.startAsking()
		return
	}
	for i, e := range g.sessions {
		if g.traffic.sends(e.share) {
			e.startPacing(ctx, g.Threads.metronomes[g.Threads.of(i, g.Cell.Streams)])
		}
	}
}

// Sends reports whether the client sends.
func (g *Group) Sends() bool { return g.traffic.senders != noSender }

// Summarizes reports whether the server measures the messages: Sink is empty until the streams end.
func (g *Group) Summarizes() bool { return g.traffic.summary }

// EventDriven reports whether event loops can drive the streams. All have the same driver.
func (g *Group) EventDriven() bool { return g.sessions[0].stream().Loop != nil }

// Negotiated describes the options that the server selected.
func (g *Group) Negotiated() string { return g.sessions[0].stream().Negotiated }

// Opened returns the number of streams that opened at first.
func (g *Group) Opened() int { return len(g.sessions) }

func (g *Group) unopened() uint64 { return uint64(max(0, g.Streams()-len(g.sessions))) }

// DrainedAt returns the time at which Drain stopped waiting for replies, or 0.
func (g *Group) DrainedAt() int64 { return g.drainedAt.Load() }

// Failures returns the steady-phase messages due so far, those known to have failed, and the number of
// errors. Messages that may still be answered have not failed.
func (g *Group) Failures() (due, failed, errors uint64) {
	unsent := attempted(g.sessions, func(a *attempts) uint64 { return a.unsent.Load() - a.refused.Load() })
	unexpected, streams := g.Events.steadyErrors()
	failed = unsent + unexpected
	if due = failed + g.Sink.Count(); g.Sends() {
		due = attempted(g.sessions, (*attempts).due)
	}
	return due, failed, failed + streams + g.unopened()
}

// PlannedSteady returns about how many messages are due in the steady phase; 0 in a closed loop.
func (g *Group) PlannedSteady() float64 { return g.Timing.PlannedSteady(&g.Cell, g.Opened()) }

// BreakStalled closes the streams of a closed loop to a custom target whose reply is overdue.
func (g *Group) BreakStalled() {
	if !g.custom() || g.Open() {
		return
	}
	for _, e := range g.sessions {
		e.breakStalled(clock.Now())
	}
}

// closeStreams ends every Send and Recv.
func (g *Group) closeStreams() {
	g.Events.stopped.Store(true)
	g.open.close()
	if g.requests != nil {
		g.requests.cancel()
	}
	var wg sync.WaitGroup
	for _, e := range g.sessions {
		wg.Go(func() { _ = e.active.Load().close() })
	}
	wg.Wait()
}

// Close ends everything that the group started. It may be called again.
func (g *Group) Close() {
	g.closeStreams()
	if !g.closed {
		g.closed = true
		g.Threads.leave()
	}
	g.reopens.cancel()
	g.stopSending()
	g.churn.running.Wait()
	for _, d := range g.drivers {
		_ = d.Close()
	}
	for _, e := range g.sessions {
		if e.visit != nil {
			_ = e.driver.Close()
		}
	}
	g.drivers = nil
}
