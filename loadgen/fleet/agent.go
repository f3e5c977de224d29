//go:build !nofleet

package fleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtbench/internal/lazyregexp"
	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// An Agent runs shares of repetitions for coordinators, one coordinator and one task at a time.
type Agent struct {
	Bus  Bus
	Name string // in reports; unique
	// Version is that of rtbench. Coordinator and agents need the same one.
	Version string
	// Waiting is called if nothing answers at the bus's address yet, and Joined once it does.
	Waiting func(error)
	Joined  func()
	// Notice receives messages for the user about a run whose coordinator is gone. It may be nil.
	Notice func(string)
	// AllowCommands permits commands that a scenario names.
	AllowCommands bool
	// Run runs a task, as loadgen.RunShare does.
	Run func(context.Context, loadgen.Task, func(result.Status, []loadgen.Delta)) *loadgen.Part

	clock   func() int64
	clockID string
	nc      *nats.Conn
	js      jetstream.JetStream

	mu       sync.Mutex
	run      string // that has claimed the agent; empty if none
	heard    time.Time
	number   int                // of the task
	cancel   context.CancelFunc // ends the task; nil if there is none
	commands chan struct{}      // of the task; has an element for each command that has ended
	ended    int                // commands of the task that have ended
	alone    bool               // the coordinator was not heard for the lease, during the task
	held     map[taskName]bool  // tasks that have not ended, or whose reports JetStream does not have yet
	tasks    sync.WaitGroup
}

var notInNames = lazyregexp.New(`[^a-zA-Z0-9_-]+`)

// AgentName returns a name for an agent on this machine, different from all others.
func AgentName() string {
	b := make([]byte, 3)
	_, _ = rand.Read(b) // never fails
	return notInNames.ReplaceAllString(hostname(), "-") + "-" + hex.EncodeToString(b)
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// Serve joins the bus and serves until ctx ends. It then ends its task and passes on its measurements.
func (a *Agent) Serve(ctx context.Context) error {
	nc, err := a.Bus.connect(ctx, a.Name, a.Waiting)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer nc.Close()
	if a.clock == nil {
		a.clock, a.clockID = clock.Now, clock.ID()
	}
	if a.js, err = jetstream.New(nc); err != nil {
		return fmt.Errorf("joining the fleet: %w", err)
	}
	a.nc, a.held = nc, map[taskName]bool{}
	for _, h := range []struct {
		subject string
		handle  func(context.Context, *nats.Msg)
	}{
		{subject(agentSubjects, a.Name, "claim"), a.claim},
		{subject(agentSubjects, a.Name, "release"), a.release},
		{subject(agentSubjects, a.Name, "clock"), a.readClock},
		{subject(agentSubjects, a.Name, "task"), a.task},
		{subject(agentSubjects, a.Name, "command"), a.commandEnded},
		{subject(agentSubjects, a.Name, "stop"), a.stop},
		{subject(agentSubjects, a.Name, "hold"), a.hold},
		{subject(runSubject, "*"), a.noteCoordinator},
	} {
		if _, err := nc.Subscribe(h.subject, func(m *nats.Msg) { h.handle(ctx, m) }); err != nil {
			return fmt.Errorf("joining the fleet: %w", err)
		}
	}
	if a.Joined != nil {
		a.Joined()
	}
	announce(ctx, a.announce)
	a.tasks.Wait()
	return nil
}

// announce announces the agent.
func (a *Agent) announce() {
	a.mu.Lock()
	silent := a.run != "" && time.Since(a.heard) > lease
	switch {
	case silent && a.cancel == nil:
		a.run = ""
	case silent && !a.alone:
		a.notice("the coordinator of run %s has not been heard for %v; this agent finishes by its plan", a.run, lease)
	}
	a.alone = silent
	h := hello{Name: a.Name, Host: hostname(), Version: a.Version, Clock: a.clockID, Run: a.run}
	a.mu.Unlock()
	_ = a.nc.Publish(helloSubject, encode(h)) // the next one may succeed
}

// noteCoordinator notes that the coordinator of a run is alive.
func (a *Agent) noteCoordinator(_ context.Context, m *nats.Msg) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.Subject == subject(runSubject, a.run) {
		a.heard = time.Now()
	}
}

func (a *Agent) claim(_ context.Context, m *nats.Msg) {
	var c claim
	a.answer(m, &c, func() string {
		if a.run != "" && a.run != c.Run {
			return "it works for another run"
		}
		a.run, a.heard = c.Run, time.Now()
		return ""
	})
}

func (a *Agent) release(_ context.Context, m *nats.Msg) {
	var c claim
	a.answer(m, &c, func() string {
		if a.run == c.Run && a.cancel == nil {
			a.run = ""
		}
		return ""
	})
}

// answer decodes a request and replies with the reason for which handle refuses it.
func (a *Agent) answer(m *nats.Msg, into any, handle func() (refused string)) {
	var r reply
	if err := json.Unmarshal(m.Data, into); err != nil {
		r.Refused = "it cannot read the request: " + err.Error()
	} else {
		a.mu.Lock()
		r.Refused = handle()
		a.mu.Unlock()
	}
	_ = m.Respond(encode(r)) // the coordinator asks again or gives up
}

// forgotten reports whether the coordinator of a run is gone, or has released the agent.
func (a *Agent) forgotten(run string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.run != run || time.Since(a.heard) > lease
}

func (a *Agent) notice(format string, args ...any) {
	if a.Notice != nil {
		a.Notice(fmt.Sprintf(format, args...))
	}
}
