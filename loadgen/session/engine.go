package session

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"rtbench/loadgen/watchdog"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
)

// An engine is the threads of groups that run together: event loops and metronomes. They are shared, so
// that the generator has no more of them with more groups.
type engine struct {
	loops      []*eventloop.Loop
	metronomes []*pace.Metronome // those of the loops, if any is paced
	users      atomic.Int32      // groups
}

// Start starts receiving and sending on all streams of groups that run together. Waits that w explains
// do not count as the server's.
func Start(ctx context.Context, groups []*Group, w *watchdog.Watchdog) {
	e := newEngine(groups)
	for _, g := range groups {
		g.start(ctx, e, w)
	}
}

// newEngine starts the threads for groups whose streams are open.
func newEngine(groups []*Group) *engine {
	e, paced, peak := new(engine), false, 0.0
	for _, g := range groups {
		switch {
		case g.paced():
			paced, peak = true, peak+g.peak()
		case g.usersAsk():
			paced, peak = true, peak+g.alarms()
		}
	}
	e.users.Store(int32(len(groups)))
	if !slices.ContainsFunc(groups, (*Group).needsGoroutines) {
		e.startLoops(paced, peak)
	}
	if paced && len(e.metronomes) == 0 {
		e.startMetronomes(peak)
	}
	return e
}

// needsGoroutines reports whether event loops cannot drive the streams. Goroutines that send do not
// share the process with receiving loops: on few cores a loop and the pacer starve Go's network poller,
// which delayed receiving by up to 10 ms. A closed loop must not block an event loop either, and connections
// that events end must not be closed below one. Streams that requests open belong to none.
func (g *Group) needsGoroutines() bool {
	return g.plansGoroutines() || !g.EventDriven() || g.Sends() && g.sessions[0].stream().SendWaits
}

// plansGoroutines is needsGoroutines as far as it is known before the streams are open.
func (g *Group) plansGoroutines() bool {
	return g.Cell.Stack != proto.Lean || len(g.Cell.Events) > 0 || g.traffic.asks || g.Sends() && g.Cell.Think.Most() > 0
}

// startLoops uses half of the cores and leaves the rest to the server. On systems without event
// loops it starts none. If pacers send, the loops run on their threads.
func (t *engine) startLoops(paced bool, peak float64) {
	cores := runtime.GOMAXPROCS(0)
	n := max(1, cores/2)
	for range n {
		l, err := t.startLoop(paced, pace.Spin(cores, peak/float64(n)))
		if err != nil {
			return
		}
		t.loops = append(t.loops, l)
	}
}

func (t *engine) startLoop(paced bool, spin time.Duration) (*eventloop.Loop, error) {
	if !paced {
		return eventloop.New()
	}
	l, m, err := eventloop.NewPaced(spin)
	if err == nil {
		t.metronomes = append(t.metronomes, m)
	}
	return l, err
}

func (t *engine) startMetronomes(peak float64) {
	// One thread can send more than 50,000 messages/s.
	cores := runtime.GOMAXPROCS(0)
	n := min(1+int(peak/50_000), max(1, cores/2))
	for range n {
		t.metronomes = append(t.metronomes, pace.NewMetronome(pace.Spin(cores, peak/float64(n))))
	}
}

// of returns the index of the loop or the metronome of a session. Streams of one connection share a
// loop.
func (t *engine) of(session, streams int) int {
	if len(t.loops) == 0 {
		return session % len(t.metronomes)
	}
	return session / streams % len(t.loops)
}

// Spun returns the time that the pacers have spun, for all groups.
func (t *engine) Spun() (d time.Duration) {
	if t == nil {
		return 0
	}
	for _, m := range t.metronomes {
		d += m.Spun()
	}
	return d
}

// leave ends the threads with the last of the groups.
func (t *engine) leave() {
	if t == nil || t.users.Add(-1) > 0 {
		return
	}
	for _, m := range t.metronomes {
		m.Close()
	}
	for _, l := range t.loops {
		l.Close()
	}
}
