package loadgen

import (
	"context"
	"slices"
	"sync"
	"time"

	"rtbench/proto/clock"
)

// endGrace is how long streams have to end in order once the drain is over.
const endGrace = 200 * time.Millisecond

// drain waits for outstanding replies, then ends the streams. A reply counts if it arrives
// within phases.drain. Ending the streams, closing steps included, has time of its own after
// that.
func (r *repetition) drain(ctx context.Context) {
	limit := r.job.scenario.Phases.Drain
	if r.rep.Aborted != "" { // what is not sent yet is not wanted
		limit = min(limit, time.Second)
		for _, m := range r.metronomes {
			m.Clear()
		}
	}
	r.leave()
	r.cutoff.Store(clock.Now() + int64(limit))
	replies, stopReplies := context.WithTimeout(ctx, limit)
	defer stopReplies()
	ctx, cancel := context.WithTimeout(ctx, limit+r.endingTime(limit))
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.sending.Wait()
		r.settle(replies)
		if r.job.awaitsReplies() {
			r.settled.Store(clock.Now())
		}
		if r.job.endsSending() {
			r.endSending()
		}
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

// endingTime is how long the streams may take to end after a drain of limit: as long as
// their closing steps take, but not longer than the drain itself.
func (r *repetition) endingTime(limit time.Duration) time.Duration {
	d := endGrace
	if r.job.own() {
		d += stepsTime(r.job.foreign.Script.Closing)
	}
	return min(d, limit)
}

// tooLate reports whether a message received at arrived after the drain was over, and counts
// it if so.
func (e *exchange) tooLate(at int64) bool {
	cutoff := e.r.cutoff.Load()
	if cutoff == 0 || at <= cutoff {
		return false
	}
	e.late++
	return true
}

func (r *repetition) endSending() {
	var ending sync.WaitGroup
	for _, e := range r.exchanges {
		ending.Go(func() { _ = e.stream().CloseSend() })
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
	least, since := r.outstanding()+1, time.Now()
	for {
		n := r.outstanding()
		if n < least {
			least, since = n, time.Now()
		}
		if n == 0 || time.Since(since) > quiet {
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

// outstanding returns how many messages may still arrive that belong to the run. It may be
// called while messages arrive, once all are sent.
func (r *repetition) outstanding() uint64 {
	var n uint64
	for _, e := range r.exchanges {
		switch {
		case e.gone.Load(), e.excluded():
		case r.job.pushes():
			n += e.own.lacks()
		default:
			n += e.outstanding()
		}
	}
	return n
}

// excluded reports whether the server seems to send a publisher's messages to all streams but
// the publisher's own.
func (e *exchange) excluded() bool {
	all := e.r.exchanges
	return e.r.job.publishes() && e == all[0] && e.answered.Load() == 0 &&
		slices.ContainsFunc(all[1:], func(o *exchange) bool { return o.answered.Load() > 0 })
}

// outstanding returns how many replies the exchange's current stream still owes.
func (e *exchange) outstanding() uint64 {
	if !e.r.open() { // one message at a time
		if e.own.sentAt.Load() > e.own.cameAt.Load() {
			return 1
		}
		return 0
	}
	sender := e
	if e.r.job.publishes() {
		sender = e.r.exchanges[0]
	} else if e.sentOn != e.live.Load() {
		return 0 // nothing was sent since the stream was reopened
	}
	since := e.reopenedAt
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
	for _, d := range r.drivers {
		_ = d.Close()
	}
	r.drivers = nil
}
