//go:build !nofleet

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtbench/loadgen"
	"rtbench/report/result"
)

// The store of a run has its scenarios and, for a process that collects the run if the coordinator dies, its
// plan, the last attempt, and the repetitions that have ended.
const (
	planObject    = "plan"
	attemptObject = "attempt"
	doneObject    = "done-%d" // the position of the repetition
)

// An object is a value in the store of a run.
type object struct {
	name string
	body []byte
}

// A plan is the checkpoint of a run, with the version that can complete it.
type plan struct {
	Version    string             `json:"version"` // of rtbench
	Checkpoint loadgen.Checkpoint `json:"checkpoint"`
}

// A lastAttempt is the last one that a coordinator began.
type lastAttempt struct {
	Order   int            `json:"order"` // position of its repetition
	Number  int            `json:"number"`
	Servers []result.Stack `json:"servers"` // of each cell
	Members []hello        `json:"members"` // in the order of their shares
	// Clock identifies the coordinator's clock, and Read is how agents read it before.
	Clock   string        `json:"clock"`
	Read    readings      `json:"read"`
	Longest time.Duration `json:"longest_ns"` // from the beginning to the end of all tasks
}

// put puts a value into the store of the run.
func (c *Coordinator) put(ctx context.Context, name string, b []byte) (err error) {
	if c.store == nil {
		if c.store, err = c.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: kept(c.run)}); err != nil {
			return err
		}
	}
	_, err = c.store.PutBytes(ctx, name, b)
	return err
}

// Save implements loadgen.Fleet. It keeps nothing in the NATS server of this process, which dies with it.
func (c *Coordinator) Save(ctx context.Context, p loadgen.Checkpoint) error {
	if c.broker != nil {
		return nil
	}
	b, err := json.Marshal(plan{c.version, p})
	if err == nil {
		err = c.put(ctx, planObject, b)
	}
	if err != nil {
		return fmt.Errorf("NATS at %s cannot keep the plan of the run: %w", c.bus.URL, err)
	}
	c.saving = true
	return nil
}

// SaveDone implements loadgen.Fleet.
func (c *Coordinator) SaveDone(order int, cells []loadgen.Ended) {
	c.save(context.Background(), fmt.Sprintf(doneObject, order), cells)
}

// keep keeps an attempt at a task whose plan begins after lead, with the agents' readings of the clock.
func (a *attempt) keep(ctx context.Context, t loadgen.Task, lead time.Duration, read readings) {
	l := lastAttempt{Order: t.Order, Number: a.number, Clock: a.clockID, Read: read, Longest: delivery + lead + longest(t) + endTimeout}
	for _, of := range t.Cells {
		l.Servers = append(l.Servers, of.Server)
	}
	a.mu.Lock() // an announcement may come meanwhile
	for _, m := range a.members {
		l.Members = append(l.Members, m.hello)
	}
	a.mu.Unlock()
	a.save(ctx, attemptObject, l)
}

// longest returns the longest time that a task may take, once its streams are open.
func longest(t loadgen.Task) (most time.Duration) {
	for i := range t.Cells {
		c := &t.Cells[i].Cell
		most = max(most, c.Warmup+c.Steady+c.Drain)
	}
	return most
}

// save keeps a value, and those before it that could not be kept because NATS was away. The run goes on without
// it: if the coordinator lives, nobody needs it.
func (c *Coordinator) save(ctx context.Context, name string, v any) {
	if !c.saving {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		return
	}
	c.unsaved = append(c.unsaved, object{name, b})
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	for len(c.unsaved) > 0 && c.put(ctx, c.unsaved[0].name, c.unsaved[0].body) == nil {
		c.unsaved = c.unsaved[1:]
	}
}
