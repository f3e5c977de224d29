//go:build !nofleet

package fleet

import (
	"encoding/json"
	"fmt"
	"slices"

	"rtbench/loadgen"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// A collection holds the reports on the tasks of an attempt. The coordinator's mutex guards it.
type collection struct {
	number int // of the attempt
	shares map[string]*arrived
	all    []sums            // of each cell, of all agents
	states []*loadgen.States // of each cell
	// changed has an element if a report has arrived since it was read.
	changed chan struct{}
}

// arrived holds the reports on one agent's share.
type arrived struct {
	index   int      // of the agent
	reports int      // the number of the last one
	counts  []counts // of the times of each cell that arrived
	status  result.Status
	pieces  []byte
	part    *loadgen.Part
	done    bool   // the last report has arrived
	fault   string // why the share is not complete, although it is done
}

// sums are the times of a cell.
type sums struct{ response, service, lag, low record.Sum }

// add adds times and returns their numbers. After an error, some may be added.
func (s *sums) add(d encodedDelta) (n counts, err error) {
	for _, of := range []struct {
		sum  *record.Sum
		text string
		n    *int64
	}{{&s.response, d.Response, &n.Response}, {&s.service, d.Service, &n.Service}, {&s.lag, d.Lag, &n.Lag}, {&s.low, d.Low, &n.Low}} {
		if *of.n, err = of.sum.Add(of.text); err != nil {
			return n, err
		}
	}
	return n, nil
}

// delta returns the times.
func (s *sums) delta() loadgen.Delta {
	return loadgen.Delta{
		Response: result.Wrap(s.response.Histogram()), Service: result.Wrap(s.service.Histogram()),
		Lag: result.Wrap(s.lag.Histogram()), Low: result.Wrap(s.low.Histogram()),
	}
}

// newCollection returns a collection for an attempt at a task with that many cells.
func newCollection(number, cells int, members []*member) *collection {
	c := &collection{number: number, shares: map[string]*arrived{}, all: make([]sums, cells), changed: make(chan struct{}, 1)}
	for range cells {
		c.states = append(c.states, loadgen.NewStates(len(members)))
	}
	for i, m := range members {
		c.shares[m.Name] = &arrived{index: i, counts: make([]counts, cells)}
	}
	return c
}

// add adds a report. Each number counts once.
func (c *collection) add(r report) {
	a := c.shares[r.agent]
	if a == nil || r.task != c.number || r.number <= a.reports || a.done {
		return
	}
	if r.number != a.reports+1 {
		a.end(fmt.Sprintf("reports %d to %d are missing", a.reports+1, r.number-1))
	} else if err := c.take(a, r); err != nil {
		a.end(fmt.Sprintf("report %d cannot be read: %v", r.number, err))
	}
	a.reports = r.number
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

func (c *collection) take(a *arrived, r report) error {
	switch r.kind {
	case updateKind:
		var u encodedUpdate
		if err := json.Unmarshal(r.body, &u); err != nil {
			return err
		}
		if len(u.Times) > len(c.all) {
			return fmt.Errorf("found times of %d cells; expected %d", len(u.Times), len(c.all))
		}
		a.status = u.Status
		for i, d := range u.Times {
			n, err := c.all[i].add(d)
			c.states[i].Add(a.index, d.State)
			if a.counts[i] = a.counts[i].add(n); err != nil {
				return err
			}
		}
	case pieceKind:
		a.pieces = append(a.pieces, r.body...)
	case manifestKind:
		var m manifest
		if err := json.Unmarshal(r.body, &m); err != nil {
			return err
		}
		if got := (manifest{a.reports, a.counts}); got.Reports != m.Reports || !slices.Equal(got.Cells, m.Cells) {
			a.end(fmt.Sprintf("its results do not match its manifest (found %+v); expected %+v", got, m))
			return nil
		}
		if err := json.Unmarshal(a.pieces, &a.part); err != nil {
			return err
		}
		if a.part == nil || len(a.part.Cells) != len(c.all) {
			a.part = nil
			return fmt.Errorf("it is not about %d cells", len(c.all))
		}
		a.end("")
	}
	return nil
}

func (a *arrived) end(fault string) { a.done, a.fault = true, fault }

// progress returns the state of all agents heard from.
func (c *collection) progress(members []*member) loadgen.Progress {
	var p loadgen.Progress
	for _, m := range members {
		if a := c.shares[m.Name]; a.reports > 0 {
			p.Agents = append(p.Agents, a.status)
		}
	}
	first := c.all[0].delta()
	p.P50, p.P99 = first.Live(p.Agents)
	return p
}
