package loadgen

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/server"
)

// A keeper is a crowd that keeps the plan and the results of a run as JSON.
type keeper struct {
	crowd
	plan []byte
	done map[int][]byte
	last []byte
}

func (k *keeper) Save(_ context.Context, c Checkpoint) (err error) {
	k.plan, err = json.Marshal(c)
	return err
}

func (k *keeper) SaveDone(order int, cells []Ended) { k.done[order], _ = json.Marshal(cells) }

func (k *keeper) Run(ctx context.Context, tasks []Task, prepare, open time.Duration, started func(int64), note func(Progress)) ([]Outcome, []Delta, error) {
	outcomes, times, err := k.crowd.Run(ctx, tasks, prepare, open, started, note)
	if err == nil {
		last := LastJob{Order: tasks[0].Order, Outcomes: outcomes, Times: times}
		for _, c := range tasks[0].Cells {
			last.Servers = append(last.Servers, c.Server)
		}
		k.last, err = json.Marshal(last)
	}
	return outcomes, times, err
}

// remains returns the remains of a run whose coordinator died before the job at a position had ended.
func (k *keeper) remains(t *testing.T, order int) *Remains {
	t.Helper()
	read := func(b []byte, into any) {
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	m := &Remains{Done: map[int][]Ended{}, Last: new(LastJob), Elapsed: time.Second}
	read(k.plan, &m.Checkpoint)
	read(k.last, m.Last)
	for at, b := range k.done {
		if at < order {
			var cells []Ended
			read(b, &cells)
			m.Done[at] = cells
		}
	}
	return m
}

// The remains of a run give the result that its coordinator would have stored, except the server's use in the
// repetition that ran, and with the same thresholds.
func TestRemainsGiveTheResult(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	sc := parse(t, fmt.Sprintf(`{name: x, target: %q, protocols: websocket, repetitions: 2, phases: {warmup: 100ms, steady: 500ms, drain: 60s},
		thresholds: [received == 100, "lost <= base.lost", {condition: received >= 1, window: 100ms}],
		groups: {speakers: {pattern: echo, load: {rate: 200/s, connections: 2}}, listeners: {deliver: {from: speakers}, load: {connections: 2}}}}`, s.Info().Control))
	fleet := &keeper{crowd: crowd{0, 0}, done: map[int][]byte{}}
	opts := Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: fleet, Baseline: &result.Result{}}
	for _, c := range Cells(opts.Scenarios) {
		c.Repetitions = []*result.Repetition{{Phases: result.Phases{Steady: time.Second}}}
		opts.Baseline.Cells = append(opts.Baseline.Cells, c)
	}
	res, err := Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}

	whole, err := fleet.remains(t, 2).Complete()
	if err != nil || whole.Interrupted || encoded(t, whole.Cells) != encoded(t, res.Cells) {
		t.Errorf("%v, interrupted %v; the repetitions that had ended differ", err, whole.Interrupted)
	}
	collected, err := fleet.remains(t, 1).Complete()
	if err != nil || collected.Interrupted {
		t.Fatalf("%v, interrupted %v", err, collected.Interrupted)
	}
	for i, c := range collected.Cells {
		was, is := res.Cells[i].Repetitions[1], c.Repetitions[1]
		if !is.Collected || is.Server.Known || is.Index != 1 || is.Order != 1 {
			t.Errorf("%s: %+v", c.ID, is)
		}
		for name, of := range map[string]func(*result.Repetition) any{
			"counters":   func(r *result.Repetition) any { return r.Counters },
			"thresholds": func(r *result.Repetition) any { return r.Thresholds },
			"times":      func(r *result.Repetition) any { return r.Response },
			"series":     func(r *result.Repetition) any { return r.Series },
			"agents":     func(r *result.Repetition) any { return r.Agents },
			"together":   func(r *result.Repetition) any { return r.Together },
		} {
			if encoded(t, of(was)) != encoded(t, of(is)) {
				t.Errorf("%s: %s were %s, and are %s", c.ID, name, encoded(t, of(was)), encoded(t, of(is)))
			}
		}
	}

	died := fleet.remains(t, 1)
	for _, c := range died.Result.Cells {
		c.Config.Target = "" // the coordinator had started it
	}
	died.Last.Outcomes[1].Part.Cells[0].Repetition.Error = "connection reset"
	if r, err := died.Complete(); err != nil || !died.ServerDied || !r.Interrupted || len(r.Cells[0].Repetitions) != 1 {
		t.Errorf("a repetition whose server died: %v, %v, interrupted %v", err, died.ServerDied, r.Interrupted)
	}

	none := fleet.remains(t, 1)
	for i := range none.Last.Outcomes {
		none.Last.Outcomes[i].Part.Late = true
	}
	if r, err := none.Complete(); err != nil || !r.Interrupted || len(r.Cells[0].Repetitions) != 1 {
		t.Errorf("a repetition that had not begun: %v, interrupted %v", err, r.Interrupted)
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
