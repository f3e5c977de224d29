package loadgen

import (
	"context"
	"sync"
	"time"
)

// drain ends what is sent and waits for what is still to come.
func (r *repetition) drain(ctx context.Context) {
	limit := r.job.scenario.Phases.Drain
	if r.rep.Aborted != "" { // what is not sent yet is not wanted
		limit = min(limit, time.Second)
		for _, m := range r.metronomes {
			m.Clear()
		}
	}
	r.leave()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.sending.Wait()
		if !r.job.endsSending() && !r.job.pushes() {
			return
		}
		r.settle(ctx)
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

func (r *repetition) endSending() {
	var ending sync.WaitGroup
	for _, e := range r.exchanges {
		ending.Go(func() { _ = e.stream().CloseSend() })
	}
	ending.Wait()
}

// settle waits until the newest message of each stream has come back, so that
// ending all streams at once, which is work for both sides, does not hold up what
// is still under way: with 500 streams and 100 ms under way it made the last tenth
// up to 9 ms late. Of a server that sends by itself it waits for what later messages have
// overtaken. What is lost never comes: it ends when nothing has come for
// twice as long as the slowest message took, at least for a fifth of a second, but half of
// the drain at most.
func (r *repetition) settle(ctx context.Context) {
	if !r.job.pushes() && (!r.job.comesBack() || r.rep.Aborted != "") {
		return
	}
	quiet := max(200*time.Millisecond, 2*time.Duration(r.sink.Totals().Response.Max()))
	if until, ok := ctx.Deadline(); ok {
		quiet = min(quiet, time.Until(until)/2) // what the end of a stream brings has to come yet
	}
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	least, since := r.lacking()+1, time.Now()
	for {
		n := r.lacking()
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

// lacking is of how many streams the newest message has not come back; where a server sends
// by itself, how many messages may still come.
func (r *repetition) lacking() uint64 {
	var n uint64
	for _, e := range r.exchanges {
		if r.job.pushes() {
			n += e.own.lacks()
		} else if sent, _ := e.sent(true); e.came.Load() < sent {
			n++
		}
	}
	return n
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
