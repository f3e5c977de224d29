//go:build !nofleet

package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen"
)

const (
	attempts = 3
	// delivery is the time for the tasks to reach the agents, before they open streams.
	delivery = 200 * time.Millisecond
	// endTimeout is how long a task may take to end once it was stopped.
	endTimeout = 20 * time.Second
)

// Run implements loadgen.Fleet.
func (c *Coordinator) Run(ctx context.Context, tasks []loadgen.Task, prepare, open time.Duration, started func(origin int64), note func(loadgen.Progress)) ([]loadgen.Outcome, []loadgen.Delta, error) {
	parcel, err := "", error(nil)
	if s := tasks[0].Scenario; s != nil {
		if parcel, err = c.send(ctx, s); err != nil {
			return nil, nil, err
		}
	}
	for range attempts {
		a := c.begin(len(tasks[0].Cells))
		before := a.readClocks()
		a.keep(ctx, tasks[0], prepare+open, before)
		origin := c.clock() + int64(delivery+prepare+open)
		if a.order(tasks, parcel, moments{origin - int64(open), origin}, before); a.opened(ctx, note) {
			started(origin)
		}
		a.finish(ctx, note)
		if outcomes, late := a.outcomes(); !late || ctx.Err() != nil {
			after := a.readClocks()
			for i, m := range c.members {
				outcomes[i].Clock = a.offset(m, before, after)
			}
			return outcomes, a.times(), nil
		}
		open = 2*open + delivery
	}
	return nil, nil, fmt.Errorf("the agents could not open their streams in %d attempts of up to %v; increase phases.connect", attempts, open/2)
}

// An attempt is one try to run a repetition.
type attempt struct {
	*Coordinator
	*collection
	stopped []bool // the members that were asked to end their tasks, and answered
	// left reports that the coordinator that began the attempt died. limit is when its agents must have ended.
	left  bool
	limit time.Time
}

// begin begins an attempt at a task with that many cells.
func (c *Coordinator) begin(cells int) *attempt {
	c.attempt++
	c.ended = 0
	return c.collectFrom(c.attempt, cells)
}

// collectFrom returns an attempt at a task with that many cells, and collects the reports of all members on it.
func (c *Coordinator) collectFrom(number, cells int) *attempt {
	a := &attempt{Coordinator: c, collection: newCollection(number, cells, c.members), stopped: make([]bool, len(c.members))}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.collection = a.collection
	return a
}

// moments are when planned connecting begins, and the plan, by the coordinator's clock.
type moments struct{ connect, origin int64 }

// order gives each agent its task.
func (a *attempt) order(tasks []loadgen.Task, parcel string, at moments, read readings) {
	var asking sync.WaitGroup
	clocks := a.clocks()
	for i, m := range a.members {
		task := tasks[i]
		offset := read[m.Clock].Offset
		task.Origin, task.StartAt, task.ConnectAt, task.Clocks = at.origin, at.origin-offset, at.connect-offset, clocks
		asking.Go(func() {
			if _, known := read[m.Clock]; !known && m.Clock != a.clockID {
				a.fail(m, "it could not read the coordinator's clock")
				return
			}
			refused, err := a.ask(m, "task", order{a.run, a.number, task, parcel})
			switch {
			case err != nil:
				a.fail(m, err.Error())
			case refused != "":
				a.fail(m, "it refused the task: "+refused)
			}
		})
	}
	asking.Wait()
}

// fail ends an agent's share, which has not begun.
func (a *attempt) fail(m *member, reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shares[m.Name].end(reason)
}

// clocks numbers the clocks of the agents: those with the same number have the same clock.
func (a *attempt) clocks() []int {
	numbers, list := map[string]int{}, make([]int, len(a.members))
	for i, m := range a.members {
		if _, known := numbers[m.Clock]; !known {
			numbers[m.Clock] = len(numbers)
		}
		list[i] = numbers[m.Clock]
	}
	return list
}

// opened waits until all agents have opened their streams. It returns false if one ended before, or is
// lost.
func (a *attempt) opened(ctx context.Context, note func(loadgen.Progress)) bool {
	for {
		ready, ended := 0, false
		a.each(func(_ *member, s *arrived) {
			if slices.Contains([]string{"warmup", "steady", "drain"}, s.status.Phase) {
				ready++
			}
			ended = ended || s.done
		})
		switch {
		case ended:
			return false
		case ready == len(a.members):
			return true
		case !a.wait(ctx, note):
			return false
		}
	}
}

// finish waits until all agents that are not lost have ended. Once one of them ended without having run,
// is lost, or ctx ends, it stops the others. If the coordinator died, they go on when ctx ends.
func (a *attempt) finish(ctx context.Context, note func(loadgen.Progress)) {
	var until time.Time
	for {
		if a.left && ctx.Err() != nil {
			return
		}
		running, failed := 0, ctx.Err() != nil || a.left && time.Now().After(a.limit)
		a.each(func(m *member, s *arrived) {
			if s.done {
				failed = failed || s.fault != "" || s.part != nil && (s.part.Late || s.part.Error() != "")
			} else if a.lost(m) == "" {
				running++
			} else {
				failed = true
			}
		})
		if running == 0 || !until.IsZero() && time.Now().After(until) {
			return
		}
		if failed && (a.stop() || until.IsZero()) {
			until = time.Now().Add(endTimeout)
		}
		a.wait(context.WithoutCancel(ctx), note)
	}
}

// wait waits for news, a moment at most, and passes them on. It returns false once ctx ends or an agent is
// lost.
func (a *attempt) wait(ctx context.Context, note func(loadgen.Progress)) bool {
	select {
	case <-a.changed:
		a.mu.Lock()
		p := a.progress(a.members)
		a.mu.Unlock()
		p.Standing = a.standing
		note(p)
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		return false
	}
	return !slices.ContainsFunc(a.members, func(m *member) bool { return a.lost(m) != "" })
}

// standing returns the counts and times of a cell so far.
func (a *attempt) standing(cell int) loadgen.Standing {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.states[cell].Standing(a.all[cell].delta())
}

// stop asks the agents that are not lost to end their tasks early, once more if they have not answered. It reports
// whether one has.
func (a *attempt) stop() (answered bool) {
	var asking sync.WaitGroup
	var told atomic.Bool
	for i, m := range a.members {
		if a.stopped[i] || a.lost(m) != "" {
			continue
		}
		asking.Go(func() {
			if _, err := a.ask(m, "stop", taskName{a.run, a.number}); err == nil {
				a.stopped[i] = true
				told.Store(true)
			}
		})
	}
	asking.Wait()
	return told.Load()
}

// CommandEnded implements loadgen.Fleet. It asks each agent until it answers, is lost, or ctx ends.
func (c *Coordinator) CommandEnded(ctx context.Context) {
	c.ended++
	var asking sync.WaitGroup
	for _, m := range c.members {
		asking.Go(func() {
			for ctx.Err() == nil && c.lost(m) == "" {
				if _, err := c.ask(m, "command", commandEnd{c.run, c.attempt, c.ended}); err == nil {
					return
				}
				select {
				case <-time.After(retryEvery):
				case <-ctx.Done():
				}
			}
		})
	}
	asking.Wait()
}

// each calls f for each agent with the reports on its share.
func (a *attempt) each(f func(*member, *arrived)) {
	a.mu.Lock()
	shares := make([]arrived, len(a.members))
	for i, m := range a.members {
		shares[i] = *a.shares[m.Name]
	}
	a.mu.Unlock()
	for i, m := range a.members {
		f(m, &shares[i])
	}
}

// times returns the times of each cell.
func (a *attempt) times() (list []loadgen.Delta) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.all {
		list = append(list, a.all[i].delta())
	}
	return list
}

// outcomes returns the outcome of each share, and whether streams opened too late.
func (a *attempt) outcomes() (list []loadgen.Outcome, late bool) {
	a.each(func(m *member, s *arrived) {
		o := loadgen.Outcome{Agent: m.Name, Host: m.Host, Part: s.part, Lost: s.fault}
		for _, n := range s.counts {
			o.Recorded = append(o.Recorded, uint64(n.Response))
		}
		if o.Part == nil { // why it is gone explains what is missing
			o.Lost = cmp.Or(a.lost(m), s.fault, fmt.Sprintf("its results did not arrive within %v", endTimeout))
		}
		late = late || s.part != nil && s.part.Late
		list = append(list, o)
	})
	return list, late
}
