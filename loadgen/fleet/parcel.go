//go:build !nofleet

package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"

	"rtbench/loadgen/target"
	"rtbench/scenarios"
)

// A parcel is a scenario with the files that it names, as it travels: without secrets, which each agent has in
// its own environment.
type parcel struct {
	// Cells are those of the scenario in the coordinator's environment. The cell of a task may differ: its
	// load, in a search.
	Cells  []scenarios.Cell             `json:"cells"`
	Bundle scenarios.Bundle             `json:"bundle"`
	Files  map[string]map[string][]byte `json:"files"` // as target.Travel returns them
}

// send puts a scenario into the store of the run, once, and returns its name there.
func (c *Coordinator) send(ctx context.Context, s *scenarios.Scenario) (name string, err error) {
	files, err := target.Travel(s)
	if err != nil {
		return "", fmt.Errorf("sending the scenario to the agents: %w", err)
	}
	bundle := s.Bundle()
	here, err := bundle.Parse(os.LookupEnv)
	if err != nil {
		return "", fmt.Errorf("sending the scenario to the agents: %w", err)
	}
	b := encode(parcel{here.Cells(), bundle, files})
	sum := sha256.Sum256(b)
	if name = hex.EncodeToString(sum[:]); c.sent[name] {
		return name, nil
	}
	if err := c.put(ctx, name, b); err != nil {
		return "", fmt.Errorf("sending the scenario to the agents: %w", err)
	}
	c.sent[name] = true
	return name, nil
}

// open returns the scenario of an order, with its files in dir.
func (a *Agent) open(ctx context.Context, o order, dir string) (*scenarios.Scenario, error) {
	store, err := a.js.ObjectStore(ctx, kept(o.Run))
	if err != nil {
		return nil, fmt.Errorf("getting the scenario: %w", err)
	}
	b, err := store.GetBytes(ctx, o.Parcel)
	if err != nil {
		return nil, fmt.Errorf("getting the scenario: %w", err)
	}
	var p parcel
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("reading the scenario: %w", err)
	}
	s, err := p.Bundle.Parse(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	if s.Custom != nil && len(s.Custom.Bearer.Command) > 0 && !a.AllowCommands {
		return nil, fmt.Errorf("scenario %s runs a command for its bearer token (%s); start the agent with --allow-commands to permit that", s.Name, s.Custom.Bearer.Command[0])
	}
	if !slices.EqualFunc(s.Cells(), p.Cells, sameLoad) {
		return nil, fmt.Errorf("scenario %s has another load here than at the coordinator; expected the same variables, except secrets and addresses", s.Name)
	}
	return s, target.Place(s, p.Files, dir)
}

// sameLoad reports whether two cells differ in their target at most, which variables may name.
func sameLoad(a, b scenarios.Cell) bool {
	a.Target, b.Target = "", ""
	a.Trace.Times, a.Steps, b.Trace.Times, b.Steps = nil, scenarios.Cell{}.Steps, nil, scenarios.Cell{}.Steps // do not travel
	return reflect.DeepEqual(a, b)
}
