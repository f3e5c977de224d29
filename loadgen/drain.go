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
	r.stopReopening()
	replies, stopReplies := r.watchdog.within(ctx, limit)
	defer stopReplies()
	defer context.AfterFunc(replies, r.endPacing)()
	ctx, cancel := r.watchdog.within(ctx, limit+r.endingTime(limit))
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.sending.Wait()
		if r.job.sends(0) && r.job.neverEnds() && replies.Err() != nil {
			r.awaitReplies(ctx) // the last sends ended after the drain
		} else {
			r.awaitReplies(replies)
		}
		if r.job.awaitsReplies() {
			r.drainedAt.Store(clock.Now())
		}
		r.halfCloseStreams()
		if r.job.neverEnds() {
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
	if r.job.custom() {
		d += stepsTime(r.job.target.Script.Closing)
	}
	return min(d, limit)
}

// halfCloseStreams half-closes the streams. In a closed loop with a custom target it half-closes
// those that still wait for a reply: the others have done so themselves, and a stream that is
// still busy sending is left alone.
func (r *repetition) halfCloseStreams() {
	closed := !r.open() && r.job.custom() && r.job.sends(0)
	if !closed && !r.job.halfCloses() {
		return
	}
	var ending sync.WaitGroup
	for _, e := range r.exchanges {
		if !closed || !driver.SendWaits(e.stream()) && e.custom.sender.CompareAndSwap(idle, halfClosed) {
			ending.Go(func() { _ = e.stream().CloseSend() })
		}
	}
	ending.Wait()
}

// awaitReplies waits until no reply is outstanding, ctx ends or no stream is left. Only then are
// the streams ended: many servers stop replying once the client half-closes, and ending 500
// streams at once delayed the replies still under way by up to 9 ms. Where the server need
// not reply to every message (match: none), it also returns when nothing has arrived for half
// of the drain.
func (r *repetition) awaitReplies(ctx context.Context) {
	if r.rep.Aborted != "" || !r.job.awaitsReplies() {
		return
	}
	quiet := r.job.scenario.Phases.Drain
	if r.job.timesArrivals() && !r.job.serverPushes() {
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
		if ran := r.watchdog.ran(since); n == 0 && ran >= r.lingerTime() || ran > quiet {
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
