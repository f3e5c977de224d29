//go:build !nofleet

package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtbench/loadgen"
)

// A Collector completes a run whose coordinator died: it collects the results that NATS keeps and those that agents
// still measure.
type Collector struct {
	c       *Coordinator
	plan    plan
	started time.Time // of the run, by the clock of NATS
	// silence is how long the coordinator must have been silent after since, which c.mu guards.
	silence time.Duration
	since   time.Time
	taken   context.CancelCauseFunc
	alone   context.Context //nolint:containedctx // ends if another process has the run
}

// NewCollector takes a run as TakeRun does, and reads its plan. It fails if the run has none, or another version of
// rtbench began it.
func NewCollector(ctx context.Context, bus Bus, run, version string, waiting func(error)) (*Collector, error) {
	k, err := TakeRun(ctx, bus, run, version, waiting)
	if err != nil {
		return nil, err
	}
	if err := k.readPlan(ctx); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// TakeRun connects to NATS and takes a run, or the only one there without a coordinator if run is empty. version is
// that of rtbench. It fails if the coordinator of the run is connected, and with an UnknownRunError if NATS does not
// keep the run.
func TakeRun(ctx context.Context, bus Bus, run, version string, waiting func(error)) (*Collector, error) {
	c := &Coordinator{bus: bus, version: version, heard: map[string]*member{}, lease: lease, answers: askTimeout}
	k := &Collector{c: c, silence: lease}
	k.alone, k.taken = context.WithCancelCause(context.WithoutCancel(ctx))
	c.ctx, c.cancel = context.WithCancel(k.alone)
	err := k.open(ctx, run, waiting)
	if err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

func (k *Collector) open(ctx context.Context, run string, waiting func(error)) (err error) {
	c := k.c
	if c.nc, err = c.bus.connect(ctx, "collector", waiting, nats.NoEcho()); err != nil {
		return err
	}
	k.listen(nil)
	c.nc.SetReconnectHandler(k.listen)
	if c.js, err = jetstream.New(c.nc); err != nil {
		return fmt.Errorf("reading results from NATS: %w", err)
	}
	if c.run, err = k.find(ctx, run); err != nil {
		return err
	}
	if err := k.take(); err != nil {
		return err
	}
	if c.stream, err = c.js.Stream(ctx, kept(c.run)); err != nil {
		return fmt.Errorf("reading results from NATS: %w", err)
	}
	return nil
}

// readPlan reads the plan of the run.
func (k *Collector) readPlan(ctx context.Context) (err error) {
	c := k.c
	c.store, err = c.js.ObjectStore(ctx, kept(c.run))
	var found bool
	if err == nil {
		found, err = k.get(ctx, planObject, &k.plan)
	}
	switch {
	case errors.Is(err, jetstream.ErrBucketNotFound), err == nil && !found:
		return fmt.Errorf("run %s cannot be collected: its coordinator left no plan, as `gate` and `capacity` do not; `rtbench fleet discard %s` removes it", c.run, c.run)
	case err != nil:
		return err
	case k.plan.Version != c.version:
		return fmt.Errorf("run %s was begun by rtbench %s; expected %s, as here: collect it with the same rtbench", c.run, k.plan.Version, c.version)
	}
	info, err := c.store.GetInfo(ctx, planObject)
	if err == nil {
		k.started = info.ModTime
	}
	return err
}

// take takes the run, unless its coordinator or another collector is there.
func (k *Collector) take() error {
	c := k.c
	for _, rival := range []struct{ subject, is string }{
		{runSubject, "its coordinator is still running"}, {takenSubject, "another process collects it"},
	} {
		err := fmt.Errorf("run %s is left as it is, because %s", c.run, rival.is)
		if _, failed := c.nc.Subscribe(subject(rival.subject, c.run), func(*nats.Msg) { k.taken(err) }); failed != nil {
			return fmt.Errorf("listening to agents: %w", failed)
		}
	}
	if _, err := c.nc.Subscribe(helloSubject, c.noteHello); err != nil {
		return fmt.Errorf("listening to agents: %w", err)
	}
	if err := k.checkGone(); err != nil {
		return err
	}
	c.ending.Go(func() { announce(c.ctx, k.announce) })
	return nil
}

// checkGone returns an error if the coordinator is connected to NATS.
func (k *Collector) checkGone() error {
	switch _, err := askTime(k.c.nc, k.c.run); {
	case errors.Is(err, nats.ErrNoResponders):
		return nil
	case err == nil:
		return fmt.Errorf("run %s is left as it is, because its coordinator is still running", k.c.run)
	default:
		return fmt.Errorf("run %s is left as it is, because its coordinator may still be running: %w", k.c.run, err)
	}
}

// listen begins to wait for announcements, after a connection to NATS. Until then nobody could be heard.
func (k *Collector) listen(*nats.Conn) {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	k.since = time.Now()
	for _, m := range k.c.heard {
		m.at = k.since
	}
}

// awaitSilence returns once the coordinator has been silent for long enough.
func (k *Collector) awaitSilence(ctx context.Context) error {
	for {
		k.c.mu.Lock()
		left := k.silence - time.Since(k.since)
		k.c.mu.Unlock()
		if taken := context.Cause(k.alone); taken != nil {
			return taken
		}
		if left <= 0 {
			return k.checkGone()
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// announce tells other collectors that the run is taken.
func (k *Collector) announce() {
	_ = k.c.nc.Publish(subject(takenSubject, k.c.run), nil) // the next one may succeed
}

// get reads a value from the store of the run; found is false if there is none.
func (k *Collector) get(ctx context.Context, name string, into any) (found bool, err error) {
	b, err := k.c.store.GetBytes(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound):
		return false, nil
	case err == nil:
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return false, fmt.Errorf("reading %s of run %s from NATS: %w", name, k.c.run, err)
	}
	return true, nil
}

// RunName returns the name of the run.
func (k *Collector) RunName() string { return k.c.run }

// Scenarios returns the names of its scenarios.
func (k *Collector) Scenarios() []string { return k.plan.scenarios() }

// Wait waits until the coordinator has been silent for long enough to be dead and all agents have ended, and
// returns the remains of the run. It passes the number of agents that it waits for to waiting when that changes.
// Afterwards NATS still keeps the run, also if ctx ended first.
func (k *Collector) Wait(ctx context.Context, waiting func(agents int)) (*loadgen.Remains, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(k.alone, func() { cancel(context.Cause(k.alone)) })()
	if err := k.awaitSilence(ctx); err != nil {
		return nil, err
	}
	m := &loadgen.Remains{Checkpoint: k.plan.Checkpoint, Done: map[int][]loadgen.Ended{}}
	for order := range m.Jobs {
		var cells []loadgen.Ended
		if found, err := k.get(ctx, fmt.Sprintf(doneObject, order), &cells); err != nil {
			return nil, err
		} else if found {
			m.Done[order] = cells
		}
	}
	var last lastAttempt
	begun, err := k.get(ctx, attemptObject, &last)
	if err == nil && begun && m.Done[last.Order] == nil {
		m.Last, err = k.finish(ctx, last, waiting)
	}
	if err != nil {
		return nil, err
	}
	info, err := k.c.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading results from NATS: %w", err)
	}
	m.Elapsed = max(0, info.State.LastTime.Sub(k.started))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return m, nil
}

// Remove removes the run from NATS and releases its agents.
func (k *Collector) Remove() error {
	k.c.release()
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	failed := k.c.js.DeleteObjectStore(ctx, kept(k.c.run))
	if errors.Is(failed, jetstream.ErrStreamNotFound) || errors.Is(failed, jetstream.ErrBucketNotFound) { // it needed none
		failed = nil
	}
	return cmp.Or(k.c.js.DeleteStream(ctx, kept(k.c.run)), failed)
}

// Discard removes the run once its coordinator has been silent for long enough to be dead. Agents then drop what they
// hold of it.
func (k *Collector) Discard(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(k.alone, func() { cancel(context.Cause(k.alone)) })()
	if err := k.awaitSilence(ctx); err != nil {
		return err
	}
	return k.Remove()
}

// Close gives up the run.
func (k *Collector) Close() {
	k.c.cancel()
	k.taken(nil)
	k.c.ending.Wait()
	if k.c.consume != nil {
		k.c.consume.Stop()
	}
	if k.c.nc != nil {
		k.c.nc.Close()
	}
}
