package loadgen

import (
	"context"
	"sync"
	"time"

	"rtbench/proto/clock"
)

// endGrace is the time that streams have to end after the drain.
const endGrace = time.Second

// drain waits for outstanding replies, then ends the streams. Pauses of the generator do not
// count as waiting, since the server may have replied meanwhile. Senders that are behind stop at
// the end of phases.drain. Ending the streams, closing steps included, has its own time after
// that, and replies that arrive then still count: some servers flush the last ones when the
// client half-closes.
func (r *repetition) drain(ctx context.Context) {
	limit := r.job.cell.Drain
	if r.rep.Aborted != "" { // unsent messages are not needed
		limit = min(limit, time.Second)
		r.endPacing()
	}
	r.stopReopening()
	replies, stopReplies := r.watchdog.Within(ctx, limit)
	defer stopReplies()
	defer context.AfterFunc(replies, r.endPacing)()
	ctx, cancel := r.watchdog.Within(ctx, limit+r.endingTime(limit))
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.sending.Wait()
		if r.traffic.sends(0) && r.traffic.endless && replies.Err() != nil {
			r.awaitReplies(ctx) // the last sends ended after the drain
		} else {
			r.awaitReplies(replies)
		}
		if r.traffic.outstanding != nil {
			r.drainedAt.Store(clock.Now())
		}
		r.halfCloseStreams()
		if r.traffic.endless {
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
	// This unblocks every Send and Recv.
	r.closeStreams()
	for _, m := range r.metronomes {
		m.Close()
	}
	<-sent
	<-r.allEnded
}

// endPacing stops senders: no further message is sent.
func (r *repetition) endPacing() {
	r.cutoff.Store(true)
	if r.stopSending != nil {
		r.stopSending()
	}
	for _, m := range r.metronomes {
		m.Clear()
	}
}

// endingTime returns the time that streams have to end after a drain of limit: the time of their
// closing steps, but at most the length of the drain.
func (r *repetition) endingTime(limit time.Duration) time.Duration {
	d := endGrace
	if r.job.custom() {
		d += stepsTime(r.job.target.Script.Closing)
	}
	return min(d, limit)
}

// halfCloseStreams half-closes the streams, as the traffic says.
func (r *repetition) halfCloseStreams() {
	if !r.traffic.halfCloses {
		return
	}
	closed := !r.open() && r.traffic.senders != noSender
	var ending sync.WaitGroup
	for _, e := range r.exchanges {
		if !closed || !e.stream().SendWaits && e.loopState.sender.CompareAndSwap(idle, halfClosed) {
			ending.Go(func() { _ = e.active.Load().closeSend(r) })
		}
	}
	ending.Wait()
}

// awaitReplies waits until no reply is outstanding, ctx ends or no stream is left. The streams
// end only after that, because many servers stop replying once the client half-closes, and ending
// 500 streams at once delayed outstanding replies by up to 9 ms. If the server need not reply to
// every message (match: none), it also returns after half of the drain without an arrival.
func (r *repetition) awaitReplies(ctx context.Context) {
	if r.rep.Aborted != "" || r.traffic.outstanding == nil {
		return
	}
	quiet := r.job.cell.Drain
	if r.traffic.gaps && !r.traffic.pushes() {
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
		if ran := r.watchdog.Ran(since); n == 0 && ran >= r.lingerTime() || ran > quiet {
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
