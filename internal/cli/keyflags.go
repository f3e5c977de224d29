package cli

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

// A keyFlag is the flag of a scenario key.
type keyFlag struct {
	spec.Flag
	into  scenarios.Settings
	given bool
}

// String returns the default, which the help shows.
func (f *keyFlag) String() string {
	if f.Default == "" {
		return f.Shown
	}
	return f.Default
}

// Set implements pflag.Value.
func (f *keyFlag) Set(value string) error {
	switch {
	case f.Switch != "" && value == "false":
		delete(f.into, f.Name)
	case f.Repeat && f.given:
		f.into[f.Name] = append(f.into[f.Name], value)
	default:
		f.into[f.Name] = []string{value}
	}
	f.given = true
	return nil
}

// Type implements pflag.Value. Values of type "string" would be shown in quotes.
func (f *keyFlag) Type() string {
	if f.Switch != "" {
		return "bool"
	}
	return "value"
}

// registerKeys adds the flags of keys, except those named, which fill settings.
func registerKeys(c *cobra.Command, into scenarios.Settings, except ...string) {
	for _, f := range scenarios.Flags() {
		if slices.Contains(except, f.Name) {
			continue
		}
		flag := c.Flags().VarPF(&keyFlag{Flag: f, into: into}, f.Name, f.Short, f.Usage)
		if f.Switch != "" {
			flag.NoOptDefVal = "true"
		}
		if f.Name == "rate" {
			flag.Usage += " (default 200/s; 4k/s with reference servers; 100/s with fanout; push has the server's rate)"
		}
		if len(f.Words) > 0 {
			complete(c, f.Name, completeList(completeWords(f.Words...)))
		}
	}
}

// settingsError gives an error of settings, or of the scenario made from them, its exit code.
func settingsError(err error) error {
	var wrong *scenarios.FlagError
	var problems scenarios.Problems
	var invalid *loadgen.InvalidError
	switch {
	case errors.As(err, &wrong):
		return usageError("%w", err)
	case errors.As(err, &problems):
		return exitCodeError{problems, exitScenario}
	case errors.As(err, &invalid): // its scenario has no file
		return exitCodeError{invalid.Err, exitScenario}
	}
	return err
}
