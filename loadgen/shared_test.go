package loadgen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/proto/clock"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// A crowd is a Fleet whose agents are goroutines of this process, as many as there are clocks. All read the
// same clock, but those with different numbers do not know that.
type crowd []int

func (c crowd) Size() int { return len(c) }

func (c crowd) Elsewhere() string {
	i := slices.IndexFunc(c, func(clock int) bool { return clock != 0 })
	if i < 0 {
		return ""
	}
	return fmt.Sprint(i)
}

func (c crowd) MaxSkew() time.Duration { return time.Minute }

func (c crowd) CommandEnded(context.Context) {}

func (c crowd) Save(context.Context, Checkpoint) error { return nil }

func (c crowd) SaveDone(int, []Ended) {}

func (c crowd) Run(ctx context.Context, tasks []Task, prepare, open time.Duration, started func(int64), note func(Progress)) ([]Outcome, []Delta, error) {
	var outcomes []Outcome
	var times []Delta
	for _, more := range []time.Duration{2 * time.Second, 8 * time.Second, 32 * time.Second} { // other tests run
		outcomes, times = c.try(ctx, tasks, prepare+open+more, started, note)
		if !slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Part.Late }) {
			break
		}
	}
	return outcomes, times, nil
}

// try is one attempt.
func (c crowd) try(ctx context.Context, tasks []Task, lead time.Duration, started func(int64), note func(Progress)) ([]Outcome, []Delta) {
	outcomes, times := make([]Outcome, len(c)), make([]Delta, len(tasks[0].Cells))
	states := make([]*States, len(times))
	for i := range states {
		states[i] = NewStates(len(c))
	}
	origin := clock.Now() + int64(lead)
	var all, opened sync.WaitGroup
	opened.Add(len(c))
	var failed atomic.Bool
	var mu sync.Mutex
	for i, task := range tasks {
		task.Origin, task.StartAt, task.Clocks, task.ServerAhead = origin+int64(c[0])*1e12, origin, c, -int64(c[0])*1e12
		task.ConnectAt = origin - int64(lead)
		outcomes[i] = Outcome{Agent: fmt.Sprint(i), Recorded: make([]uint64, len(times))}
		all.Go(func() {
			var once sync.Once
			o := &outcomes[i]
			o.Part = RunShare(ctx, task, func(st result.Status, d []Delta) {
				if st.Phase != "connect" {
					once.Do(func() {
						failed.CompareAndSwap(false, st.Phase == "done")
						opened.Done()
					})
				}
				mu.Lock()
				defer mu.Unlock()
				for cell := range d {
					times[cell].Add(d[cell])
					states[cell].Add(i, d[cell].State)
				}
				p := Progress{Agents: []result.Status{st}}
				p.Standing = func(cell int) Standing {
					var all Delta
					all.Add(times[cell])
					return states[cell].Standing(all)
				}
				p.P50, p.P99 = times[0].Live(p.Agents)
				note(p)
			})
			once.Do(func() { // it could not begin
				failed.Store(true)
				opened.Done()
			})
		})
	}
	if opened.Wait(); !failed.Load() {
		started(origin)
	}
	all.Wait()
	return outcomes, times
}

// What three generators count together is what the server counts, in every pattern, and the histograms
// hold each measured message once.
func TestSharesCountWhatTheServerCounts(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, c := range []struct{ pattern, protocol, stack, load string }{
		{"echo", "websocket", "stock", "rate: 2k/s, connections: 7, arrivals: poisson"},
		{"echo", "tcp", "lean", "rate: 2k/s, connections: 7"},
		{"echo", "grpc", "stock", "model: closed, connections: 3, streams: 2"},
		{"push", "sse", "stock", "rate: 2k/s, connections: 5"},
		{"upload", "tcp", "lean", "rate: 2k/s, connections: 6"},
		{"upload", "grpc", "stock", "rate: 1k/s, connections: 3, streams: 2"},
		{"fanout", "websocket", "stock", "rate: 200/s, connections: 4"},
	} {
		t.Run(c.pattern+" "+c.protocol, func(t *testing.T) {
			t.Parallel()
			s, err := server.Start(server.Config{Stack: c.stack})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			sc := parse(t, fmt.Sprintf("{name: x, target: %q, protocols: %s, stack: %s, pattern: %s, load: {%s}, phases: {warmup: 100ms, steady: 1s, drain: 60s}}",
				s.Info().Control, c.protocol, c.stack, c.pattern, c.load))
			res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: crowd{0, 0, 0}})
			if err != nil {
				t.Fatal(err)
			}
			r := res.Cells[0].Repetitions[0]
			if r.Error != "" || len(r.Agents) != 3 {
				t.Fatalf("error %q, agents %+v", r.Error, r.Agents)
			}
			stats, all, n := s.Stats(), r.AllPhases(), r.Counters
			sent, got := all.Sent, stats.MessagesReceived
			if c.pattern == "push" || c.pattern == "fanout" {
				sent, got = all.Recorded, stats.MessagesSent
			}
			if sent != got {
				t.Errorf("the generators count %d messages, the server %d", sent, got)
			}
			var parts uint64
			for _, a := range r.Agents {
				parts += a.Recorded
			}
			if n.Recorded == 0 || parts != n.Recorded || uint64(r.Response.Count()) != n.Recorded || n.Failed+n.Duplicates+n.Corrupt > 0 {
				t.Errorf("%d messages measured, %d in the histogram, %d by the agents: %+v", n.Recorded, r.Response.Count(), parts, n)
			}
			if strings.Contains(c.load, "rate") && (n.Planned != n.Due || n.Planned < 100) {
				t.Errorf("%d planned, %d due", n.Planned, n.Due)
			}
			if !r.Server.Known || r.Server.CPU <= 0 {
				t.Errorf("the server's use is %+v", r.Server)
			}
		})
	}
}

// What agents cannot share is refused before the run, at its place in the scenario.
func TestCheckFleet(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"load: {rate: 1/s, connections: 2}, pattern: echo":                                                                                   "load.connections: found 2 connections; expected at least one for each of the 3 agents, or fewer agents",
		"load: {rate: 1/s, connections: 3}, pattern: fanout, api: guide, protocols: websocket":                                               "",
		"load: {rate: 1/s, connections: 3}, pattern: fanout, target: {websocket: 'ws://127.0.0.1:1/x'}":                                      "",
		"groups: {a: {pattern: push, load: {rate: 1/s, connections: 4}}, b: {pattern: echo, load: {rate: 1/s}}}":                             "groups.b.load.connections: found 1 connection; expected",
		"groups: {a: {pattern: echo, load: {rate: 1/s, connections: 3}}, b: {deliver: {from: a}, load: {connections: 3}, join: {stay: 1s}}}": "groups.b.join: agents cannot share users who come and go in a group with deliver, ",
		"groups: {a: {pattern: echo, load: {rate: 1/s, connections: 3}, join: {stay: 1s}}, b: {deliver: {from: a}, load: {connections: 3}}}": "",
		"load: {rate: 1/s, connections: 3}, pattern: fanout":                                                                                 "",
	} {
		refused := CheckFleet([]*scenarios.Scenario{parse(t, "{name: x, "+text+"}")}, 3)
		if got := fmt.Sprint(refused); (want == "") != (refused == nil) || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Agents on other machines cannot reach a server that is started here.
func TestServerStartedHereIsNotForAgentsElsewhere(t *testing.T) {
	t.Parallel()
	sc := parse(t, "{name: x, protocols: tcp, pattern: echo, load: {rate: 1/s, connections: 2}}")
	_, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{sc}, Server: withFault(t, ""), Fleet: crowd{0, 1}})
	if err == nil || !strings.Contains(err.Error(), "scenario x: agent 1 is on another machine and cannot reach a server that rtbench starts here; expected the address of a running") {
		t.Errorf("the error is %v", err)
	}
}
