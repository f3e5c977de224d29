package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

func scenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "scenario", Short: "Write, check, list and show scenarios",
		Long: `A scenario is a YAML file that describes a measurement: protocols, traffic pattern, load,
payload, phases and thresholds. Start with init, which writes a commented one; validate
reports its errors, or how long it runs and which resources it needs.`,
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
		Use: "list", Short: "List the built-in scenarios and the presets", Args: exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			for _, name := range scenarios.Names() {
				s, err := scenarios.Open(name)
				if err != nil {
					return err
				}
				fmt.Printf("%-21s %s\n", name, s.About)
			}
			fmt.Println("\nPresets, for `include` in a scenario:")
			for _, name := range scenarios.Presets() {
				fmt.Printf("%-21s %s\n", name, scenarios.PresetAbout(name))
			}
			return nil
		},
	}
}

func showCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "show [NAME]", Short: "Print a built-in scenario or a preset; without a name, describe every key",
		Example: `  rtbench scenario show echo > mine.yaml
  rtbench scenario schema > ` + scenarios.SchemaName + `   the schema for editors`,
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return exactArgs(0, "no arguments with --all-keys")(cmd, args)
			}
			return optionalArg("one name")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text := scenarios.Reference()
			if len(args) > 0 {
				var err error
				if text, err = builtin(args[0]); err != nil {
					return err
				}
			}
			_, err := os.Stdout.Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&all, "all-keys", false, "describe every key (the default without a name)")
	return c
}

// builtin returns the text of a built-in scenario or a preset.
func builtin(name string) ([]byte, error) {
	if text, ok := scenarios.Preset(name); ok {
		return text, nil
	}
	if text, ok := scenarios.Builtin(name); ok {
		return text, nil
	}
	known := append(scenarios.Names(), scenarios.Presets()...)
	return nil, usageError("no built-in scenario or preset %q; expected one of %s%s", name, strings.Join(known, ", "), spec.Nearest(name, known...))
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of scenarios, for completion in editors",
		Long: `Prints the JSON Schema (2020-12) of scenarios. Editors that use yaml-language-server (VS
Code with the YAML extension, Neovim, Emacs) and JetBrains IDEs find it by the first line
of the scenario:

  ` + strings.TrimSpace(scenarios.Modeline) + `

'rtbench scenario init' writes that line and the schema.`,
		Example: `  rtbench scenario schema > ` + scenarios.SchemaName,
		Args:    exactArgs(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			_, err := os.Stdout.Write(scenarios.Schema())
			return err
		},
	}
}
