package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
)

func scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "scenario", Short: "Write, check, list and show scenarios",
		Long: `A scenario is a YAML file that says what to measure. Begin with init, which writes one
with comments; validate says what is wrong with it, or what it will take to run.`,
		Example: `  rtbench scenario init mine.yaml
  rtbench scenario validate mine.yaml
  rtbench run mine.yaml`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(initCommand(), validateCommand(), listCommand(), showCommand(), schemaCommand())
	return c
}

func listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the built-in scenarios", Args: exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			for _, name := range scenarios.Names() {
				s, err := scenarios.Open(name)
				if err != nil {
					return err
				}
				fmt.Printf("%-21s %s\n", name, s.About)
			}
			return nil
		},
	}
}

func showCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "show [NAME]", Short: "Print a built-in scenario; without a name, every key with its meaning",
		Example: `  rtbench scenario show echo > mine.yaml
  rtbench scenario schema > ` + scenarios.SchemaName + `   beside it, for editors`,
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return exactArgs(0, "no arguments with --all-keys")(cmd, args)
			}
			if len(args) > 1 {
				return exactArgs(1, "one name")(cmd, args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text := scenarios.Reference()
			if len(args) > 0 {
				var ok bool
				if text, ok = scenarios.Builtin(args[0]); !ok {
					return usageError("no built-in scenario %q: there are %s", args[0], strings.Join(scenarios.Names(), ", "))
				}
			}
			_, err := os.Stdout.Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&all, "all-keys", false, "every key with its meaning")
	return c
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of scenarios, which editors complete by",
		Long: `Prints the JSON Schema (2020-12) of scenarios. Editors with YAML support (VS Code with
the YAML extension, JetBrains, Neovim, Emacs: what speaks to yaml-language-server) read it
by the first line of a file that rtbench has written:

  ` + strings.TrimSpace(scenarios.Modeline) + `

'rtbench scenario init' leaves it there. For a file of your own: write it beside the file.`,
		Example: `  rtbench scenario schema > ` + scenarios.SchemaName,
		Args:    exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := os.Stdout.Write(scenarios.Schema())
			return err
		},
	}
}
