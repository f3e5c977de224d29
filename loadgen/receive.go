package loadgen

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// startStreams has all streams received from and sent on.
func (r *repetition) startStreams(ctx context.Context) {
	r.receiving.Add(len(r.exchanges))
	r.openStreams = len(r.exchanges)
	r.allEnded = make(chan struct{})
	go func() {
		r.receiving.Wait()
		close(r.allEnded)
	}()
	sends, sendWaits := r.job.sends(0), r.sendWaits()
	// Where goroutines send, no loop receives beside them: on few cores it and the pacer
	// keep Go's scheduler from looking for what came on their connections, and they went
	// on up to 10 ms late. Nor may what receives in closed loop wait in a loop.
	waits := sends && (sendWaits || r.job.cell.Think > 0)
	paced := sends && r.open()
	r.startReceiving(!waits, paced)
	if paced {
		r.startPacing(ctx, sendWaits)
	}
}

// startReceiving has what comes taken: by loops where they may and can, else by a goroutine
// for each stream. Where they send by a plan, the loops run on the pacers' threads.
func (r *repetition) startReceiving(mayLoop, paced bool) {
	r.rep.Client.Engine = "goroutine"
	if mayLoop && r.eventDriven() {
		r.startLoops(paced)
	}
	driven := 0
	for i, e := range r.exchanges {
		if len(r.loops) == 0 || !r.drive(e, r.loopOf(i)) {
			break
		}
		driven++
	}
	r.receiveInGoroutines(r.exchanges[driven:])
	if driven > 0 {
		r.rep.Client.Engine = "loop"
	}
}

func (r *repetition) receiveInGoroutines(exchanges []*exchange) {
	recorders := record.NewRecorders(r.sink, len(exchanges))
	r.recorders = append(r.recorders, recorders...)
	for i, e := range exchanges {
		e.prepare(recorders[i], r.job.newMessage())
		h := e.handler()
		e.setHandler(h, nil)
		go func() {
			e.sendFirst(h)
			proto.Receive(e.stream(), h)
		}()
	}
}

// eventDriven says whether a loop could drive the streams: all are of one driver.
func (r *repetition) eventDriven() bool {
	_, ok := r.exchanges[0].stream().(driver.EventDriven)
	return ok
}

// relaxGC has the garbage collector run a quarter as often while a library receives
// that makes garbage of each message; what loops drive makes none. It returns what
// undoes that. Who sets GOGC decides.
func (r *repetition) relaxGC() (undo func()) {
	if r.eventDriven() || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// loopOf is the loop of an exchange: the streams of a connection share one.
func (r *repetition) loopOf(exchange int) int {
	return exchange / r.job.cell.Streams % len(r.loops)
}

// startLoops leaves half of the cores to the server. Where the system has no loops
// there are none.
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

// drive has a loop drive e; false where it cannot.
func (r *repetition) drive(e *exchange, i int) bool {
	st, ok := e.stream().(driver.EventDriven)
	if !ok {
		return false
	}
	e.prepare(r.recorders[i], r.messages[i])
	h := e.handler()
	e.setHandler(h, r.loops[i])
	switch err := st.Drive(r.loops[i], h); {
	case errors.Is(err, errors.ErrUnsupported):
		return false
	case err != nil:
		_ = st.Close()
		h.Ended(err)
		return true
	}
	r.loops[i].Post(func() { e.sendFirst(h) })
	return true
}
