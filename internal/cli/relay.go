package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"rtbench/loadgen/relay"
	"rtbench/scenarios/cell"
)

// relayCommand emulates a network for a run, which starts it.
func relayCommand() *cobra.Command {
	return &cobra.Command{
		Use:    relay.Command + " NETWORK SEED",
		Short:  "Emulate a network, until standard input ends",
		Hidden: true,
		Args:   exactArgs(2, "a network as JSON and a seed, as rtbench run passes them; networks are described in scenarios, under network"),
		RunE: func(_ *cobra.Command, args []string) error {
			var n cell.Network
			if err := json.Unmarshal([]byte(args[0]), &n); err != nil {
				return usageError("NETWORK: %w", err)
			}
			seed, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil {
				return usageError("SEED: %w", err)
			}
			if err := relay.Serve(n, seed, os.Stdin, os.Stdout); err != nil {
				return fmt.Errorf("emulating the network: %w", err)
			}
			return nil
		},
	}
}
