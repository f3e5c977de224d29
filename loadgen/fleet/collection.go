//go:build !nofleet

package fleet

import (
	"encoding/json"
	"fmt"

	"rtbench/loadgen"
	"rtbench/report/result"
)

// A collection holds the reports on the tasks of an attempt. The coordinator's mutex guards it.
type collection struct {
	number int // of the attempt
	shares map[string]*arrived
	all    loadgen.Delta // of all agents
	// changed has an element if a report has arrived since it was read.
	changed chan struct{}
}

// arrived holds the reports on one agent's share.
type arrived struct {
	reports int      // the number of the last one
	counts  manifest // of the times that arrived
	status  result.Status
	pieces  []byte
	part    *loadgen.Part
	done    bool   // the last report has arrived
	fault   string // why the share is not complete, although it is done
}

func newCollection(number int, members []*member) *collection {
	c := &collection{number: number, shares: map[string]*arrived{}, changed: make(chan struct{}, 1)}
	for _, m := range members {
		c.shares[m.Name] = &arrived{}
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
		var u update
		if err := json.Unmarshal(r.body, &u); err != nil {
			return err
		}
		a.status = u.Status
		before := manifestOf(0, c.all)
		c.all.Add(u.Times)
		a.counts.add(manifestOf(0, c.all), before)
	case pieceKind:
		a.pieces = append(a.pieces, r.body...)
	case manifestKind:
		var m manifest
		if err := json.Unmarshal(r.body, &m); err != nil {
			return err
		}
		got := a.counts
		if got.Reports = a.reports; got != m {
			a.end(fmt.Sprintf("its results do not match its manifest (found %+v); expected %+v", got, m))
			return nil
		}
		if err := json.Unmarshal(a.pieces, &a.part); err != nil {
			return err
		}
		a.end("")
	}
	return nil
}

func (a *arrived) end(fault string) { a.done, a.fault = true, fault }

// progress returns the state of all agents heard from.
func (c *collection) progress(members []*member) loadgen.Progress {
	p := loadgen.Progress{P50: c.all.Live(50), P99: c.all.Live(99)}
	for _, m := range members {
		if a := c.shares[m.Name]; a.reports > 0 {
			p.Agents = append(p.Agents, a.status)
		}
	}
	return p
}
