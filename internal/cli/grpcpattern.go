package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/loadgen/target"
	"rtbench/scenarios"
)

// methodPattern takes the pattern that a gRPC method has, where none was chosen. What is wrong
// with the draft is told later, and is told of one whose server does not answer.
func (b *benchFlags) methodPattern(cmd *cobra.Command) error {
	d := b.draft
	if d.API != "custom" || d.Protocols != "grpc" || cmd.Flags().Changed("pattern") {
		return nil
	}
	probe := scenarios.DefaultDraft()
	probe.Name, probe.API, probe.Protocols, probe.Address = d.Name, d.API, d.Protocols, d.Address
	probe.Pattern, probe.Rate = "push", "" // which need no message
	o := d.Custom
	probe.Custom = scenarios.CustomDraft{
		Headers: o.Headers, BearerEnv: o.BearerEnv, BearerFile: o.BearerFile, Proto: o.Proto, Import: o.Import,
		CA: o.CA, Cert: o.Cert, Key: o.Key, ServerName: o.ServerName, Insecure: o.Insecure,
	}
	s, err := scenarios.ParseWith("bench", probe.Text(), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		return nil //nolint:nilerr // draftProblems has better words for it
	}
	pattern, why, err := target.NaturalPattern(cmd.Context(), s)
	var unanswered *target.ReflectionError
	switch {
	case errors.As(err, &unanswered):
		defaultRate(&d)
		if problems := checkDraft(d); problems != nil {
			return problems
		}
		return fmt.Errorf("%w%s", err, hint(unanswered.Class(), d.Address))
	case err != nil:
		return explainInvalid(&loadgen.InvalidError{Scenario: d.Name, Err: err}, string(d.Text()))
	}
	if pattern != d.Pattern && !b.view.quiet {
		fmt.Fprintf(os.Stderr, "%s: measured with --pattern %s\n", why, pattern)
	}
	b.draft.Pattern = pattern
	return nil
}
