package loadgen

import (
	"context"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto/clock"
)

// endGrace is how long streams have to end in order once the drain is over.
const endGrace = time.Second

// drain waits for outstanding replies, then ends the streams. Its times leave out pauses of the
// generator, in which the server may well have replied. Senders that are behind stop
// when phases.drain is over. Ending the streams, closing steps included, has time of its own
// after that, and a reply that arrives meanwhile counts: some servers flush the last ones
// when the client half-closes.
func (r *repetition) drain(ctx context.Context) {
	limit := r.job.scenario.Phases.Drain
	if r.rep.Aborted != "" { // what is not sent yet is not wanted
		limit = min(limit, time.Second)
		r.endPacing()
	}
	r.leave()
	replies, stopReplies := r.dog.within(ctx, limit)
	defer stopReplies()
	defer context.AfterFunc(replies, r.endPacing)()
	ctx, cancel := r.dog.within(ctx, limit+r.endingTime(limit))
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.sending.Wait()
		if r.job.sends(0) && r.job.endless() && replies.Err() != nil {
			r.settle(ctx) // the last sends ended after the drain
		} else {
			r.settle(replies)
		}
		if r.job.awaitsReplies() {
			r.settled.Store(clock.Now())
		}
		r.endSending()
		if r.job.endless() {
			cancel()
		}
	}()
	select {
	case <-ctx.Done():
	case <-sent:
	}
	select {
	case <-ctx.Done():
	case <-r.allEnded:
	}
	// What waits in a Send or Recv now is broken off.
	r.closeStreams()
	for _, m := range r.metronomes {
		m.Close()
	}
	<-sent
	<-r.allEnded
}

// endPacing stops senders: no message that is due is sent any more.
func (r *repetition) endPacing() {
	r.cutoff.Store(true)
	if r.stopSending != nil {
		r.stopSending()
	}
	for _, m := range r.metronomes {
		m.Clear()
	}
}

// endingTime is how long the streams may take to end after a drain of limit: as long as
// their closing steps take, but not longer than the drain itself.
func (r *repetition) endingTime(limit time.Duration) time.Duration {
	d := endGrace
	if r.job.own() {
		d += stepsTime(r.job.target.Script.Closing)
	}
	return min(d, limit)
}

// endSending half-closes the streams. In a closed loop with a custom target it half-closes
// those that still wait for a reply: the others have done so themselves, and a stream that is
// still busy sending is left alone.
func (r *repetition) endSending() {
	closed := !r.open() && r.job.own() && r.job.sends(0)
	if !closed && !r.job.endsSending() {
		return
	}
	var ending sync.WaitGroup
	for _, e := range r.exchanges {
		if !closed || !driver.SendWaits(e.stream()) && e.own.sender.CompareAndSwap(idle, halfClosed) {
			ending.Go(func() { _ = e.stream().CloseSend() })
		}
	}
	ending.Wait()
}

// settle waits until no reply is outstanding, ctx ends or no stream is left. Only then are
// the streams ended: many servers stop replying once the client half-closes, and ending 500
// streams at once delayed the replies still under way by up to 9 ms. Where the server need
// not reply to every message (match: none), it also returns when nothing has arrived for half
// of the drain.
func (r *repetition) settle(ctx context.Context) {
	if r.rep.Aborted != "" || !r.job.awaitsReplies() {
		return
	}
	quiet := r.job.scenario.Phases.Drain
	if r.job.arrives() && !r.job.pushes() {
		quiet /= 2
	}
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	least, since := r.outstanding()+1, clock.Now()
	for {
		n := r.outstanding()
		if n < least {
			least, since = n, clock.Now()
		}
		if ran := r.dog.ran(since); n == 0 && ran >= r.linger() || ran > quiet {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return
		case <-r.allEnded:
			return
		}
	}
}

// linger returns how long a closed loop looks for more messages after the last reply, where
// replies are told apart by their order. If the server sends messages by itself, one of them
// was taken for a reply, and then either another comes, or the reply that it took the place of:
// one of them in the time that was ever waited for a reply.
func (r *repetition) linger() (d time.Duration) {
	if r.open() || !r.job.ordered() {
		return 0
	}
	for _, e := range r.exchanges {
		d = max(d, 2*time.Duration(e.own.longestWait.Load()))
	}
	return d
}

// outstanding returns how many messages may still arrive that belong to the run. It may be
// called while messages arrive, once all are sent.
func (r *repetition) outstanding() uint64 {
	var n uint64
	for i, e := range r.exchanges {
		switch {
		case e.gone.Load(), i == 0 && r.excludesSender():
		case r.job.pushes():
			n += e.own.lacks()
		default:
			n += e.outstanding()
		}
	}
	return n
}

// outstanding returns how many replies the exchange's current stream still owes.
func (e *exchange) outstanding() uint64 {
	if !e.r.open() { // one message at a time
		if e.sentAt.Load() != 0 {
			return 1
		}
		return 0
	}
	sender, l := e, e.live.Load()
	if e.r.job.publishes() {
		sender = e.r.exchanges[0]
	}
	if sender == e && !l.sentOn.Load() {
		return 0 // nothing was sent since the stream was reopened
	}
	since := l.since
	done := e.answered.Load() - since.answered + sender.rejected() - since.rejected
	sent := sender.left() - since.sent
	return sent - min(sent, done)
}

func (r *repetition) closeStreams() {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, e := range r.exchanges {
		wg.Go(func() { _ = e.stream().Close() })
	}
	wg.Wait()
}

// closeAll ends everything the repetition started. It may be called twice.
func (r *repetition) closeAll() {
	r.closeStreams()
	for _, m := range r.metronomes {
		m.Close()
	}
	for _, l := range r.loops {
		l.Close()
	}
	if r.stop != nil {
		r.stop()
	}
	if r.stopSending != nil {
		r.stopSending()
	}
	for _, d := range r.drivers {
		_ = d.Close()
	}
	r.drivers = nil
}
