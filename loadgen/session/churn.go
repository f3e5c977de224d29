package session

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/clock"
	"rtbench/proto/record"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// churn counts the users of a group that come and go, those that are due in the steady phase. Its methods are
// safe for concurrent use.
type churn struct {
	visits     []cell.Visit // of the group's share
	running    sync.WaitGroup
	unanswered atomic.Uint64

	mu      sync.Mutex
	counts  result.Joins
	times   connectTimes // of users that joined
	leaving *hdrhistogram.Histogram
}

// startChurn makes users leave and join as planned, until streams are no longer reopened.
func (g *Group) startChurn() {
	c := &g.churn
	c.leaving = record.NewHistogram()
	c.times.begin(clock.Now())
	at := map[int]*Session{}
	for _, e := range g.sessions {
		at[e.share] = e
	}
	for _, v := range g.Cell.Visits(time.Duration(g.To - g.Origin)) {
		if g.Share.Holder(&g.Cell, v.Place) != g.Share.Index {
			continue
		}
		c.visits = append(c.visits, v)
		if g.Measures(g.Origin + int64(v.Join)) {
			c.counts.Planned++
		}
	}
	c.running.Go(func() {
		for _, v := range c.visits {
			if !sleepUntil(g.reopens.ctx, g.Origin+int64(v.Join)) {
				break
			}
			if e := at[v.Place]; e != nil {
				e.replaces(v)
			}
		}
		<-g.reopens.ctx.Done()
		for _, e := range g.sessions {
			e.finishAbsent()
		}
	})
}

// userNumber returns the number of a user that takes the place of another, beyond those of all streams.
func (g *Group) userNumber(user int) int {
	return g.All + user*max(1, g.Joiners.Of) + g.Joiners.Index
}

// joined notes that a user that was due has joined. first and last are the beginnings of its first and last
// attempts.
func (c *churn) joined(g *Group, by *connection, due, first, last int64) {
	if !g.Measures(due) {
		return
	}
	c.times.opened(by, &g.Config, timesOf{due: due, first: first, last: last, planned: true})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Joined++
}

// failed notes that a user did not join before its stay was over.
func (c *churn) failed(measured bool) {
	if measured {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.counts.Failed++
	}
}

// refused notes an attempt to join that failed.
func (c *churn) refused(measured bool) {
	if measured {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.counts.Refused++
	}
}

// left notes that a user that was due to leave has left.
func (c *churn) left(due int64, measured bool) {
	if measured {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.counts.Left++
		note(c.leaving, clock.Now()-due)
	}
}

// joins describes the users that came and went; nil if none were to.
func (a *accounts) joins() *result.Joins {
	c := &a.churn
	if c.leaving == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	j := c.counts
	j.Unanswered = c.unanswered.Load()
	for _, e := range a.sessions {
		j.Away += e.visit.away[steady].Load()
		if e.owed != nil {
			ignored, missed := e.owed.atEdges()
			j.EdgeIgnored, j.EdgeMissed = j.EdgeIgnored+ignored, j.EdgeMissed+missed
		}
	}
	j.Connecting = *c.times.result(j.Planned)
	if c.leaving.TotalCount() > 0 {
		j.Leaving = result.Wrap(c.leaving)
	}
	return &j
}
