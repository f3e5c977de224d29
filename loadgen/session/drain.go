package session

import (
	"context"
	"sync"
	"time"

	"rtbench/proto/clock"
)

// endGrace is the time that streams have to end after the drain.
const endGrace = time.Second

// Drain waits for outstanding replies, then ends the streams. Pauses of the generator do not
// count as waiting, since the server may have replied meanwhile. Senders that are behind stop at
// the end of phases.drain. Ending the streams, closing steps included, has its own time after
// that, and replies that arrive then still count: some servers flush the last ones when the
// client half-closes. If the run is broken off, senders stop at once, and replies have at most a
// second.
func (g *Group) Drain(ctx context.Context, brokenOff bool) {
	limit := g.Cell.Drain
	d := drainer{g}
	if brokenOff {
		limit = min(limit, time.Second)
		d.endPacing()
	}
	g.reopens.cancel()
	if g.traffic.pushes() {
		g.gaps.runEnd.Store(min(g.To, clock.Now()))
	}
	replies, stopReplies := g.watchdog.Within(ctx, limit)
	defer stopReplies()
	defer context.AfterFunc(replies, d.endPacing)()
	ctx, cancel := g.watchdog.Within(ctx, limit+g.endingTime(limit))
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		g.sending.Wait()
		if g.source != nil {
			g.source.sending.Wait()
		}
		if g.Sends() && g.traffic.endless && replies.Err() != nil {
			d.awaitReplies(ctx) // the last sends ended after the drain
		} else {
			d.awaitReplies(replies)
		}
		if g.traffic.outstanding != nil {
			g.drainedAt.Store(clock.Now())
		}
		if g.traffic.asks {
			g.stopAsking()
		}
		d.halfCloseStreams()
		if g.traffic.endless {
			cancel()
		}
	}()
	select {
	case <-ctx.Done():
	case <-sent:
	}
	select {
	case <-ctx.Done():
	case <-g.Ended:
	}
	// This unblocks every Send and Recv.
	g.closeStreams()
	g.Threads.clear(g)
	<-sent
	<-g.Ended
}

// A drainer waits for the last replies of a group and ends its streams.
type drainer struct{ *Group }

// endPacing stops senders: no further message is sent.
func (d *drainer) endPacing() {
	d.cutoff.Store(true)
	d.stopSending()
	d.Threads.clear(d.Group)
}

// halfCloseStreams half-closes the streams, as the traffic says.
func (d *drainer) halfCloseStreams() {
	if !d.traffic.halfCloses {
		return
	}
	var ending sync.WaitGroup
	for _, e := range d.sessions {
		if e.visit.in(present, broken) && d.mayHalfClose(e) { // an absent user has half-closed its stream
			ending.Go(func() { _ = e.active.Load().closeSend(d.Events) })
		}
	}
	ending.Wait()
}

// mayHalfClose reports whether nothing is being sent on the session's stream, nor will be.
func (d *drainer) mayHalfClose(e *Session) bool {
	switch {
	case d.traffic.asks: // and no request begins after stopAsking
		return e.answering.unsent.Load() == 0
	case d.Open(), !d.Sends():
		return true
	}
	return !e.stream().SendWaits && e.loopState.sender.CompareAndSwap(idle, halfClosed)
}

// awaitReplies waits until no reply is outstanding, ctx ends or no stream is left. The streams
// end only after that, because many servers stop replying once the client half-closes, and ending
// 500 streams at once delayed outstanding replies by up to 9 ms.
func (d *drainer) awaitReplies(ctx context.Context) {
	if d.traffic.outstanding == nil {
		return
	}
	for _, e := range d.sessions {
		e.lastOwed()
	}
	quiet := d.quiet()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	least, since := d.outstanding()+1, clock.Now()
	for {
		n := d.outstanding()
		if n < least {
			least, since = n, clock.Now()
		}
		if ran := d.watchdog.Ran(since); n == 0 && ran >= d.lingerTime() || ran > quiet {
			return
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return
		case <-d.Ended:
			return
		}
	}
}

// quiet returns how long nothing arrives before the drain ends, although messages are outstanding: all of it, or half
// of it if some of them may not have been sent. These are messages without replies (match: none), and those of other
// generators whose users come and go, which their plan has also for the time between two users.
func (d *drainer) quiet() time.Duration {
	unsure := d.traffic.gaps && !d.traffic.pushes()
	if from := d.source; from != nil && from != d.Group {
		unsure = unsure || from.Share.Of > 1 && from.Cell.Churns()
	}
	if unsure {
		return d.Cell.Drain / 2
	}
	return d.Cell.Drain
}

// lingerTime returns how long a closed loop that matches replies by order waits for messages
// after the last reply. If the server also pushes messages, one was taken for a reply, and
// another message follows within the longest time from a message to its reply.
func (d *drainer) lingerTime() (longest time.Duration) {
	if d.Open() || !d.matchesByOrder() {
		return 0
	}
	for _, e := range d.sessions {
		longest = max(longest, 2*time.Duration(e.loopState.longestWait.Load()))
	}
	return longest
}

// outstanding returns how many messages of the run may still arrive. It may be called while
// messages arrive, after the last send.
func (d *drainer) outstanding() uint64 {
	var n uint64
	for i, e := range d.sessions {
		if !e.gone.Load() && e.visit.in(present, broken, leaving) && (i > 0 || !excludesSender(d.Group)) {
			n += e.awaits()
		}
	}
	return n
}

// endingTime returns the time that streams have to end after the drain: the time of their closing
// steps, but at most the length of the drain.
func (c *Config) endingTime(drain time.Duration) time.Duration { return min(c.closingTime(), drain) }

// closingTime returns the time of a stream's closing steps and its end.
func (c *Config) closingTime() time.Duration {
	d := endGrace
	if c.Custom != nil {
		d += stepsTime(c.Custom.Script.Closing)
	}
	return d
}
