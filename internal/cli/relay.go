package cli

import (
	"os"

	"github.com/spf13/cobra"

	"rtbench/loadgen/relay"
)

// relayCommand emulates a network for a run, which starts it.
func relayCommand() *cobra.Command {
	return &cobra.Command{
		Use:    relay.Command + " NETWORK SEED",
		Short:  "Emulate a network, until standard input ends",
		Hidden: true,
		Args:   exactArgs(2, "a network as JSON and a seed, as rtbench run passes them; networks are described in scenarios, under network"),
		RunE: func(_ *cobra.Command, args []string) error {
			return relay.Main(args, os.Stdin, os.Stdout)
		},
	}
}
