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

	"github.com/nats-io/nats.go/jetstream"

	"rtbench/loadgen/target"
	"rtbench/scenarios"
)

// A parcel is a scenario with the files that it names, as it travels: without secrets, which each agent has in
// its own environment.
type parcel struct {
	Bundle scenarios.Bundle             `json:"bundle"`
	Files  map[string]map[string][]byte `json:"files"` // as target.Travel returns them
}

// send puts a scenario into the store of the run, once, and returns its name there.
func (c *Coordinator) send(ctx context.Context, s *scenarios.Scenario) (name string, err error) {
	if name, ok := c.sent[s]; ok {
		return name, nil
	}
	if s.Trace.Times != nil {
		return "", fmt.Errorf("scenario %s has load.trace, whose times agents do not get; expected a rate, or a run without agents", s.Name)
	}
	files, err := target.Travel(s)
	if err != nil {
		return "", fmt.Errorf("sending the scenario to the agents: %w", err)
	}
	b := encode(parcel{s.Bundle(), files})
	sum := sha256.Sum256(b)
	name = hex.EncodeToString(sum[:])
	if c.store == nil {
		c.store, err = c.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: storeName(c.run)})
	}
	if err == nil {
		_, err = c.store.PutBytes(ctx, name, b)
	}
	if err != nil {
		return "", fmt.Errorf("sending the scenario to the agents: %w", err)
	}
	c.sent[s] = name
	return name, nil
}

func storeName(run string) string { return "rtbench-" + run }

// open returns the scenario of an order, with its files in dir.
func (a *Agent) open(ctx context.Context, o order, dir string) (*scenarios.Scenario, error) {
	store, err := a.js.ObjectStore(ctx, storeName(o.Run))
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
	if !slices.ContainsFunc(s.Cells(), func(c scenarios.Cell) bool { return sameLoad(c, o.Task.Cell) }) {
		return nil, fmt.Errorf("scenario %s has no cell %s here; expected the same variables as at the coordinator, except secrets and addresses", s.Name, o.Task.ID)
	}
	return s, target.Place(s, p.Files, dir)
}

// sameLoad reports whether two cells differ in their target at most, which variables may name.
func sameLoad(a, b scenarios.Cell) bool {
	a.Target, b.Target = "", ""
	return reflect.DeepEqual(a, b)
}
