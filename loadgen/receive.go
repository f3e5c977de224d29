package loadgen

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// startStreams starts receiving and sending on all streams.
func (r *repetition) startStreams(ctx context.Context) {
	r.receiving.Add(len(r.exchanges))
	r.openStreams = len(r.exchanges)
	r.allEnded = make(chan struct{})
	go func() {
		r.receiving.Wait()
		close(r.allEnded)
	}()
	sends, sendWaits := r.traffic.sends(0), r.sendWaits()
	// Goroutines that send do not share the process with receiving loops: on few cores a loop and
	// the pacer starve Go's network poller, which delayed receiving by up to 10 ms. A closed loop
	// must not block an event loop either.
	waits := sends && (sendWaits || r.job.cell.Think > 0)
	paced := sends && r.open()
	r.startReceiving(!waits, paced)
	if paced {
		r.startPacing(ctx, sendWaits)
	}
}

// startReceiving receives by event loops if allowed and supported, else by one goroutine per
// stream. If paced, the loops run on the pacers' threads.
func (r *repetition) startReceiving(mayLoop, paced bool) {
	r.rep.Client.Engine = "goroutine"
	if mayLoop && r.eventDriven() {
		r.startLoops(paced)
	}
	driven := 0
	for i, e := range r.exchanges {
		if len(r.loops) == 0 || e.stream().Drive == nil {
			break
		}
		at := r.threadOf(i)
		if e.attach(r.recorders[at], r.messages[at], r.loops[at]); !e.drive() {
			break
		}
		driven++
	}
	if paced && len(r.loops) == 0 {
		r.startMetronomes()
	}
	r.receiveInGoroutines(driven, paced && !r.sendWaits())
	if driven > 0 {
		r.rep.Client.Engine = "loop"
	}
}

// receiveInGoroutines receives on the exchanges from the first one. Those whose messages a pacer's
// thread sends share its message buffer.
func (r *repetition) receiveInGoroutines(first int, shares bool) {
	exchanges := r.exchanges[first:]
	recorders := record.NewRecorders(r.sink, len(exchanges))
	r.recorders = append(r.recorders, recorders...)
	for i, e := range exchanges {
		m := r.job.newMessage()
		if shares {
			m = r.messages[r.threadOf(first+i)]
		}
		e.attach(recorders[i], m, nil)
		go e.receive()
	}
}

// attach prepares receiving, by l unless it is nil, also on streams that replace this one.
func (e *exchange) attach(rec *record.Recorder, m *proto.Message, l *eventloop.Loop) {
	e.prepare(rec, m)
	e.handler, e.loop, e.receiveStart = e.r.traffic.handler(e), l, clock.Now()
}

// receive receives on the exchange's stream until it ends.
func (e *exchange) receive() {
	e.handler.start()
	proto.Receive(e.stream(), e.handler)
}

// drive makes the exchange's loop drive its stream. It returns false if that is not supported.
func (e *exchange) drive() bool {
	st := e.stream()
	switch err := st.Drive(e.loop, e.handler); {
	case errors.Is(err, errors.ErrUnsupported):
		return false
	case err != nil:
		_ = e.active.Load().close()
		e.handler.Ended(err)
	default:
		e.loop.Post(func() { e.handler.start() })
	}
	return true
}

// eventDriven reports whether event loops can drive the streams. All have the same driver.
func (r *repetition) eventDriven() bool {
	return r.exchanges[0].stream().Drive != nil
}

// relaxGC makes the garbage collector run a quarter as often while a library that allocates per
// message receives; event loops do not allocate. GOGC takes precedence.
func (r *repetition) relaxGC() (undo func()) {
	if r.eventDriven() || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// threadOf returns the index of the loop or the metronome of an exchange. Streams of one connection
// share a loop.
func (r *repetition) threadOf(exchange int) int {
	if len(r.loops) == 0 {
		return exchange % len(r.metronomes)
	}
	return exchange / r.job.cell.Streams % len(r.loops)
}

// startLoops uses half of the cores and leaves the rest to the server. On systems without event
// loops it starts none.
func (r *repetition) startLoops(paced bool) {
	cores := runtime.GOMAXPROCS(0)
	n := max(1, cores/2)
	for range n {
		l, err := r.startLoop(paced, pace.Spin(cores, r.profile.Peak()/float64(n)))
		if err != nil {
			return
		}
		r.loops = append(r.loops, l)
		r.recorders = append(r.recorders, record.NewRecorder(r.sink))
		r.messages = append(r.messages, r.job.newMessage())
	}
}

func (r *repetition) startLoop(paced bool, spin time.Duration) (*eventloop.Loop, error) {
	if !paced {
		return eventloop.New()
	}
	l, m, err := eventloop.NewPaced(spin)
	if err == nil {
		r.metronomes = append(r.metronomes, m)
	}
	return l, err
}
