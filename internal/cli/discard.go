//go:build !nofleet

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"rtbench/loadgen/fleet"
)

func fleetDiscardCommand() *cobra.Command {
	var bus busFlags
	c := &cobra.Command{
		Use:   "discard RUN --nats URL",
		Short: "Remove a run whose coordinator died",
		Long: `Removes what NATS keeps of a run whose process died, so that it can no longer be collected. It does
nothing while the coordinator is running.`,
		Example: `  rtbench fleet discard 20260102-150405-3fa2b1 --nats nats://10.0.0.1:4222 --token-file token`,
		Args:    exactArgs(1, "one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			say := sayUnless(false)
			k, err := bus.take(cmd.Context(), args[0], say, fleet.TakeRun)
			if err != nil {
				return err
			}
			defer k.Close()
			say("discarding run %s, once its coordinator has been silent for 10 s", k.RunName())
			if err := k.Discard(cmd.Context()); err != nil {
				return collectError(cmd.Context(), fmt.Errorf("discarding run %s: %w", k.RunName(), err))
			}
			return nil
		},
	}
	bus.register(c, "nats", "`URL` of the NATS server of the run")
	c.ValidArgsFunction = cobra.NoFileCompletions
	return c
}
