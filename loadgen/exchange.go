package loadgen

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// An exchange is one stream of a repetition: what is sent on it and what comes
// back. In open loop it is a pace.Task of a metronome, which sends, while a
// goroutine of its own receives.
type exchange struct {
	r        *repetition
	st       driver.Stream
	call     proto.Call
	message  *proto.Message
	receiver *record.Receiver
	summary  *record.Summary // of an upload, when it has come

	ended bool // the server said that it had sent all

	came atomic.Uint64 // one beyond the newest message that came back, open loop

	seq    uint64 // messages sent: the sender's own
	steady uint64 // of those, due in the steady phase
}

func (e *exchange) prepare() {
	e.message = proto.NewMessage(e.call.Size, e.call.Text)
	e.receiver = record.NewReceiver(e.r.sink, e.call)
}

// Fire implements pace.Task: it sends the message that is due.
func (e *exchange) Fire(due int64) bool {
	b := e.message.Stamp(proto.Header{Seq: e.seq, Intended: due, Sent: clock.Now(), Stream: uint32(e.call.Share)})
	if err := e.st.Send(b); err != nil {
		e.r.broke(err)
		return false
	}
	e.seq++
	if e.r.sink.Steady(due) {
		e.steady++
	}
	return true
}

// Done implements pace.Task.
func (e *exchange) Done() { e.r.sending.Done() }

// pace has m send the exchange's messages. Where a Send waits for an answer, a
// goroutine sends and m only wakes it.
func (e *exchange) pace(ctx context.Context, m *pace.Metronome, sendWaits bool) {
	e.r.sending.Add(1)
	if !sendWaits {
		m.Add(e.r.origin, e.r.planOf(e.call), e)
		return
	}
	w := make(waker, 1)
	m.Add(e.r.origin, e.r.planOf(e.call), w)
	go func() {
		defer e.Done()
		e.sendAwaiting(ctx, w)
	}()
}

func (e *exchange) sendAwaiting(ctx context.Context, w waker) {
	plan := e.r.planOf(e.call)
	for {
		after, ok := plan.Next()
		if !ok {
			return
		}
		due := e.r.origin + int64(after)
		for clock.Now() < due {
			select {
			case <-w:
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() != nil || !e.Fire(due) {
			return
		}
	}
}

// A waker is a pace.Task that wakes a goroutine. It never waits: a goroutine
// that is behind finds its next message due already.
type waker chan struct{}

// Fire implements pace.Task.
func (w waker) Fire(int64) bool {
	select {
	case w <- struct{}{}:
	default:
	}
	return true
}

// Done implements pace.Task.
func (w waker) Done() {}

// receive takes what comes until the stream ends.
func (e *exchange) receive() {
	defer e.receiver.Flush()
	err := e.receiveAll()
	e.ended = errors.Is(err, io.EOF)
	if err != nil && !errors.Is(err, io.EOF) {
		e.r.broke(err)
	}
}

func (e *exchange) receiveAll() error {
	switch {
	case e.call.Pattern == proto.Upload:
		return e.receiveSummary()
	case e.r.open():
		return e.receiveMessages()
	case e.call.Pattern.FromServer():
		return e.receiveFlood()
	}
	return e.pingPong()
}

func (e *exchange) receiveMessages() error {
	for {
		p, err := e.st.Recv()
		if err != nil {
			return err
		}
		if h, ok := e.receiver.Take(p); ok && h.Seq >= e.came.Load() {
			e.came.Store(h.Seq + 1)
		}
	}
}

// receiveFlood takes what the server sends as fast as it can, until the end of
// the steady phase.
func (e *exchange) receiveFlood() error {
	for {
		p, err := e.st.Recv()
		if err != nil {
			return err
		}
		if h, ok := e.receiver.Take(p); ok && h.Intended >= e.r.to {
			return e.st.Close()
		}
	}
}

// pingPong is the closed loop: the next message is sent when the last has been
// answered.
func (e *exchange) pingPong() error {
	for clock.Now() < e.r.to {
		if !e.Fire(clock.Now()) {
			return nil
		}
		p, err := e.st.Recv()
		if err != nil {
			return err
		}
		e.receiver.Take(p)
		e.think()
	}
	if err := e.st.CloseSend(); err != nil {
		return err
	}
	_, err := e.st.Recv()
	return err
}

func (e *exchange) think() {
	if d := e.r.job.point.Think; d > 0 {
		time.Sleep(min(d, time.Duration(e.r.to-clock.Now())))
	}
}

// receiveSummary waits for the server's account of an upload. In closed loop it
// first sends, as fast as the stream takes the messages.
func (e *exchange) receiveSummary() error {
	if !e.r.open() {
		for clock.Now() < e.r.to && e.Fire(clock.Now()) {
			e.think()
		}
		if err := e.st.CloseSend(); err != nil {
			return err
		}
	}
	p, err := e.st.Recv()
	if err != nil {
		return err
	}
	e.summary, err = e.r.sink.Merge(p)
	return err
}
