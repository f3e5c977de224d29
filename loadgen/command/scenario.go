package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
)

func scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "scenario", Short: "List, show and check scenarios",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the built-in scenarios", Args: exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			for _, name := range scenarios.Names() {
				s, err := scenarios.Open(name)
				if err != nil {
					return err
				}
				fmt.Printf("%-10s %s\n", name, s.About)
			}
			return nil
		},
	}, &cobra.Command{
		Use: "show [NAME]", Short: "Print a built-in scenario; without a name, every key with its meaning",
		RunE: func(_ *cobra.Command, args []string) error {
			text := scenarios.Reference()
			if len(args) > 0 {
				var ok bool
				if text, ok = scenarios.Builtin(args[0]); !ok {
					return usage("no built-in scenario %q: there are %s", args[0], strings.Join(scenarios.Names(), ", "))
				}
			}
			_, err := os.Stdout.Write(text)
			return err
		},
	}, &cobra.Command{
		Use: "validate FILE…", Short: "Check scenarios and say all that is wrong with them",
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := openScenarios(args, "", false)
			if err != nil {
				return err
			}
			for _, s := range list {
				fmt.Printf("%s: good, %d cells × %d repetitions\n", s.File, len(s.Cells()), s.Repetitions)
			}
			return nil
		},
	})
	return c
}
