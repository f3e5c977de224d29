//go:build !nofleet

package fleet

import (
	"context"
	"fmt"
	"time"

	"rtbench/loadgen"
)

// finish finishes the attempt that ran when the coordinator died, as the coordinator would have done.
func (k *Collector) finish(ctx context.Context, last lastAttempt, waiting func(int)) (*loadgen.LastJob, error) {
	c := k.c
	if len(last.Servers) == 0 || len(last.Members) == 0 {
		return nil, fmt.Errorf("the last attempt of run %s is damaged", c.run)
	}
	c.mu.Lock()
	for _, h := range last.Members {
		m := c.heard[h.Name]
		if m == nil {
			m = &member{at: k.since}
			c.heard[h.Name] = m
		}
		m.hello = h
		c.members = append(c.members, m)
	}
	c.mu.Unlock()
	a := c.collectFrom(last.Number, len(last.Servers))
	a.left, a.limit = true, time.Now().Add(last.Longest)
	if err := c.readReports(ctx); err != nil {
		return nil, err
	}
	if err := k.readAll(ctx); err != nil {
		return nil, err
	}
	asking, stop := context.WithCancel(ctx)
	c.ending.Go(func() { k.askHolders(asking, a, waiting) })
	a.finish(ctx, func(loadgen.Progress) {})
	stop()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	outcomes, _ := a.outcomes()
	c.clockID = last.Clock
	for i, m := range c.members { // nobody can read the clock again
		outcomes[i].Clock = a.offset(m, last.Read, nil)
	}
	return &loadgen.LastJob{Order: last.Order, Servers: last.Servers, Outcomes: outcomes, Times: a.times()}, nil
}

// readAll returns once the reports that the stream has now are read.
func (k *Collector) readAll(ctx context.Context) error {
	info, err := k.c.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("reading results from NATS: %w", err)
	}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for info.State.Msgs > 0 && !k.hasRead(info.State.LastSeq) {
		select {
		case <-poll.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (k *Collector) hasRead(sequence uint64) bool {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	return k.c.read >= sequence
}

// askHolders asks the agents that have not ended, again and again, whether they work on the task or hold reports
// on it. One that does not has published all that it ever will.
func (k *Collector) askHolders(ctx context.Context, a *attempt, waiting func(int)) {
	before := 0
	for {
		var open []*member
		a.each(func(m *member, s *arrived) {
			if !s.done && a.lost(m) == "" {
				open = append(open, m)
			}
		})
		if len(open) != before {
			before = len(open)
			waiting(before)
		}
		for _, m := range open {
			k.askHolder(ctx, a, m)
		}
		select {
		case <-time.After(helloEvery):
		case <-ctx.Done():
			return
		}
	}
}

// askHolder asks an agent once.
func (k *Collector) askHolder(ctx context.Context, a *attempt, m *member) {
	refused, err := k.c.ask(m, "hold", taskName{k.c.run, a.number})
	if err != nil || refused == "" { // announcements tell whether it is lost
		return
	}
	if k.readAll(ctx) != nil {
		return
	}
	done := false
	a.each(func(other *member, s *arrived) { done = done || other == m && s.done })
	if !done {
		k.c.mu.Lock()
		defer k.c.mu.Unlock()
		m.gone = refused
	}
}
