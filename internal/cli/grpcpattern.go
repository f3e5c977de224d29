package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rtbench/loadgen/target"
)

// methodPattern sets the pattern from the kind of the gRPC method unless --pattern is given.
// Errors of the settings are left to the scenario, except when the server does not answer.
func (b *benchFlags) methodPattern(cmd *cobra.Command) error {
	s := b.settings
	if s.Get("api") != "custom" || s.Get("protocol") != "grpc" || cmd.Flags().Changed("pattern") {
		return nil
	}
	probe := s.Connection()
	probe.Put("pattern", "push") // needs no message
	opened, err := b.parse(probe)
	if err != nil {
		return nil //nolint:nilerr // reported for the scenario
	}
	pattern, reason, err := target.NaturalPattern(cmd.Context(), opened)
	var unanswered *target.ReflectionError
	switch {
	case errors.As(err, &unanswered):
		if !cmd.Flags().Changed("rate") {
			defaultRate(s)
		}
		if _, problems := b.parse(s); problems != nil {
			return problems
		}
		return addHint(err)
	case err != nil:
		return exitCodeError{err, exitScenario}
	}
	if pattern != s.Get("pattern") && !b.view.quiet {
		fmt.Fprintf(os.Stderr, "%s: using --pattern %s\n", reason, pattern)
	}
	s.Put("pattern", pattern)
	return nil
}
