//go:build !nofleet

package fleet

import (
	"context"
	"errors"
	"os"

	"github.com/nats-io/nats.go"

	"rtbench/loadgen"
	"rtbench/report/result"
)

// task begins a task.
func (a *Agent) task(ctx context.Context, m *nats.Msg) {
	var o order
	a.answer(m, &o, func() string {
		switch {
		case a.run != o.Run:
			return "it works for another run"
		case a.cancel != nil:
			return "its last task has not ended"
		}
		a.number, a.ended = o.Number, 0
		a.commands = make(chan struct{}, len(o.Task.Cells[0].Cell.Events))
		o.Task.Commands = a.commands
		a.held[taskName{o.Run, o.Number}] = true
		task, cancel := context.WithCancel(ctx)
		a.cancel = cancel
		a.tasks.Go(func() {
			defer cancel()
			a.work(ctx, task, o)
		})
		return ""
	})
}

// stop ends a task early.
func (a *Agent) stop(_ context.Context, m *nats.Msg) {
	var s taskName
	a.answer(m, &s, func() string {
		if a.run == s.Run && a.number == s.Number && a.cancel != nil {
			a.cancel()
		}
		return ""
	})
}

// hold answers whether the agent works on a task or holds reports about it.
func (a *Agent) hold(_ context.Context, m *nats.Msg) {
	var n taskName
	a.answer(m, &n, func() string {
		if !a.held[n] {
			return "it holds no results of the run"
		}
		return ""
	})
}

// commandEnded passes on that a command has ended, once.
func (a *Agent) commandEnded(_ context.Context, m *nats.Msg) {
	var c commandEnd
	a.answer(m, &c, func() string {
		if a.run == c.Run && a.number == c.Number && c.N == a.ended+1 && c.N <= cap(a.commands) {
			a.ended++
			a.commands <- struct{}{}
		}
		return ""
	})
}

// work runs a task until its end, or that of task, and passes on its measurements. ctx is the agent's.
func (a *Agent) work(ctx, task context.Context, o order) {
	out := a.newOutbox(ctx, o.Run, report{agent: a.Name, task: o.Number})
	all := make([]counts, len(o.Task.Cells))
	part := a.measure(task, o, func(st result.Status, d []loadgen.Delta) {
		for i := range d {
			all[i] = all[i].add(countsOf(d[i]))
		}
		out.add(updateKind, encode(update{st, d}))
	})
	for b := encode(part); len(b) > 0; {
		n := min(len(b), pieceSize)
		out.add(pieceKind, b[:n])
		b = b[n:]
	}
	a.mu.Lock()
	a.cancel = nil // the next task may follow the manifest at once
	a.mu.Unlock()
	out.add(manifestKind, encode(manifest{out.count(), all}))
	err := out.close()
	a.mu.Lock()
	delete(a.held, taskName{o.Run, o.Number})
	a.mu.Unlock()
	a.sayWhere(o.Run, err)
}

// sayWhere says where the results of a task are if the coordinator does not have them. err is why reports were
// dropped.
func (a *Agent) sayWhere(run string, err error) {
	if err != nil {
		a.notice("results of run %s are lost: %v", run, err)
		return
	}
	if _, err := askTime(a.nc, run); !errors.Is(err, nats.ErrNoResponders) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	if _, err := a.js.Stream(ctx, kept(run)); err != nil { // it ended, and took everything with it
		return
	}
	store, err := a.js.ObjectStore(ctx, kept(run))
	if err == nil {
		_, err = store.GetInfo(ctx, planObject)
	}
	if err != nil {
		a.notice("the coordinator of run %s is gone; only `rtbench run` and `bench` can be completed without it", run)
		return
	}
	a.notice("the coordinator of run %s is gone; NATS keeps the results: `rtbench fleet collect %s --nats %s` completes the run", run, run, a.Bus.URL)
}

// measure runs the task of an order.
func (a *Agent) measure(ctx context.Context, o order, note func(result.Status, []loadgen.Delta)) *loadgen.Part {
	if o.Parcel != "" {
		dir, err := os.MkdirTemp("", "rtbench-agent-")
		if err != nil {
			return o.Task.Failed(ctx, err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if o.Task.Scenario, err = a.open(ctx, o, dir); err != nil {
			return o.Task.Failed(ctx, err)
		}
	}
	return a.Run(ctx, o.Task, note)
}
