//go:build !nofleet

package fleet

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"rtbench/loadgen"
	"rtbench/report/result"
)

// startLeft starts a run at the NATS server of another one, with a plan for a scenario unless it has no name.
func startLeft(t *testing.T, first *Coordinator, scenario string) *Coordinator {
	t.Helper()
	c := startCoordinator(t, first)
	if scenario == "" {
		return c
	}
	p := loadgen.Checkpoint{Result: &result.Result{Scenarios: []result.Scenario{{Name: scenario}}}}
	if err := c.Save(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return c
}

// die ends the coordinator as a crash does.
func (c *Coordinator) die() {
	c.cancel()
	c.ending.Wait()
	c.nc.Close()
}

// Runs whose coordinators died are listed, and discarded one by one; one that is running is left as it is.
func TestDiscard(t *testing.T) {
	t.Parallel()
	running := startCoordinator(t, nil)
	take := func(run string, take func(context.Context, Bus, string, string, func(error)) (*Collector, error)) (*Collector, error) {
		k, err := take(t.Context(), running.bus, run, testVersion, func(error) {})
		if err == nil {
			k.silence = helloEvery
			t.Cleanup(k.Close)
		}
		return k, err
	}
	planned, gate := startLeft(t, running, "chat"), startLeft(t, running, "")
	planned.die()
	gate.die()
	_, err := take("", NewCollector)
	var unknown *UnknownRunError
	want := []string{running.run + "  (its coordinator is running)", planned.run + "  chat", gate.run + "  (no plan: it can only be discarded)"}
	if !errors.As(err, &unknown) || len(unknown.Left) != 3 {
		t.Fatalf("the error is %v", err)
	}
	for _, left := range unknown.Left {
		if !slices.Contains(want, left.String()) {
			t.Errorf("listed %q, want one of %q", left, want)
		}
	}
	if _, err := take(running.run, TakeRun); err == nil || !strings.Contains(err.Error(), "is left as it is, because its coordinator is still running") {
		t.Errorf("taken beside its coordinator: %v", err)
	}
	if _, err := take(gate.run, NewCollector); err == nil || !strings.Contains(err.Error(), "`rtbench fleet discard "+gate.run+"` removes it") {
		t.Errorf("collected without a plan: %v", err)
	}
	if _, err := NewCollector(t.Context(), running.bus, planned.run, "another", func(error) {}); err == nil || !strings.Contains(err.Error(), "was begun by rtbench test; expected another, as here") {
		t.Errorf("collected with another version: %v", err)
	}
	k, err := take(planned.run, TakeRun)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := running.nc.Request(subject(takenSubject, planned.run), nil, helloEvery); err == nil {
		t.Error("an announcement was answered")
	}
	if err := k.Discard(t.Context()); err == nil || !strings.Contains(err.Error(), "another process collects it") {
		t.Errorf("discarded beside a collector: %v", err)
	}
	k.Close()
	for _, run := range []string{planned.run, ""} { // the only one that is left
		k, err := take(run, TakeRun)
		if err == nil {
			err = k.Discard(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		k.Close()
	}
	if _, err := take("", NewCollector); err == nil || !strings.Contains(err.Error(), "keeps no run without a coordinator; it keeps "+running.run+", still running") {
		t.Errorf("the error is %v", err)
	}
}
