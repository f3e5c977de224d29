//go:build !nofleet

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtbench/report/result"
	"rtbench/scenarios/suggest"
)

// A LeftRun is a run that NATS keeps.
type LeftRun struct {
	Run     string
	Running bool // its coordinator is
	// Scenarios are the names of its scenarios; none if it has no plan and cannot be collected.
	Scenarios []string
}

// String describes the run in a line.
func (l LeftRun) String() string {
	text := strings.Join(l.Scenarios, ", ")
	switch {
	case l.Running:
		text += " (its coordinator is running)"
	case text == "":
		text = "(no plan: it can only be discarded)"
	}
	return l.Run + "  " + strings.TrimSpace(text)
}

// An UnknownRunError reports a run of which NATS keeps nothing, or that none was named of several.
type UnknownRunError struct {
	Run  string    // empty if none was named
	URL  string    // of NATS
	Left []LeftRun // the runs that it keeps
}

// Error implements error.
func (e *UnknownRunError) Error() string {
	var names []string
	for _, l := range e.Left {
		names = append(names, l.Run)
	}
	all := strings.Join(names, ", ")
	switch {
	case len(names) == 0 && e.Run == "":
		return fmt.Sprintf("NATS at %s keeps no run", e.URL)
	case len(names) == 0:
		return fmt.Sprintf("run %s: NATS at %s keeps no run; it may have ended or been collected", e.Run, e.URL)
	case e.Run == "" && !slices.ContainsFunc(e.Left, func(l LeftRun) bool { return !l.Running }):
		return fmt.Sprintf("NATS at %s keeps no run without a coordinator; it keeps %s, still running", e.URL, all)
	case e.Run == "":
		return fmt.Sprintf("NATS at %s keeps %s; expected one of %s", e.URL, result.Plural(len(names), "run"), all)
	}
	text := fmt.Sprintf("run %s: NATS at %s does not keep it; expected one of %s", e.Run, e.URL, all)
	if near := suggest.Nearest(e.Run, names); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	}
	return text
}

// find returns the name of a run that NATS keeps.
func (k *Collector) find(ctx context.Context, run string) (string, error) {
	names, err := k.names(ctx)
	if err != nil {
		return "", err
	}
	if slices.Contains(names, run) {
		return run, nil
	}
	e := &UnknownRunError{Run: run, URL: k.c.bus.URL}
	var alone []string // without a coordinator
	for _, name := range names {
		left := k.describe(ctx, name)
		if e.Left = append(e.Left, left); !left.Running {
			alone = append(alone, name)
		}
	}
	if run == "" && len(alone) == 1 {
		return alone[0], nil
	}
	return "", e
}

// names returns the runs that NATS keeps.
func (k *Collector) names(ctx context.Context) (list []string, err error) {
	streams := k.c.js.StreamNames(ctx, jetstream.WithStreamListSubject(subject(reportSubject, "*", "*")))
	for name := range streams.Name() {
		if run, ok := strings.CutPrefix(name, kept("")); ok {
			list = append(list, run)
		}
	}
	if err := streams.Err(); err != nil {
		return nil, fmt.Errorf("NATS at %s does not list its streams: %w; expected a server with JetStream", k.c.bus.URL, err)
	}
	slices.Sort(list)
	return list, nil
}

// describe returns what is known of a run. A coordinator that does not answer in time may be running.
func (k *Collector) describe(ctx context.Context, run string) LeftRun {
	_, err := askTime(k.c.nc, run)
	left := LeftRun{Run: run, Running: !errors.Is(err, nats.ErrNoResponders)}
	store, err := k.c.js.ObjectStore(ctx, kept(run))
	var b []byte
	if err == nil {
		b, err = store.GetBytes(ctx, planObject)
	}
	var p plan
	if err == nil && json.Unmarshal(b, &p) == nil {
		left.Scenarios = p.scenarios()
	}
	return left
}

// scenarios returns the names of the scenarios.
func (p *plan) scenarios() (names []string) {
	if p.Checkpoint.Result != nil {
		for _, s := range p.Checkpoint.Result.Scenarios {
			names = append(names, s.Name)
		}
	}
	return names
}
