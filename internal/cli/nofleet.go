//go:build nofleet

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// fleetFlags are none: this rtbench was built without fleets, and without NATS.
type fleetFlags struct{ local bool }

func (fleetFlags) register(*cobra.Command) {}

func (fleetFlags) start(context.Context, []*scenarios.Scenario, bool) (loadgen.Fleet, func(), error) {
	return nil, func() {}, nil
}

func (fleetFlags) explainCollect(loadgen.Fleet, bool) {}

func (fleetFlags) size() int { return 0 }

func (fleetFlags) cores() int { return loadgen.Environment().Cores }

func fleetCommands() []*cobra.Command { return nil }
