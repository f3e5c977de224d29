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

// methodPattern sets the pattern from the kind of the gRPC method unless --pattern is given.
// Errors of the draft are left to checkDraft, except when the server does not answer.
func (b *benchFlags) methodPattern(cmd *cobra.Command) error {
	d := b.draft
	if d.API != "custom" || d.Protocols != "grpc" || cmd.Flags().Changed("pattern") {
		return nil
	}
	probe := scenarios.DefaultDraft()
	probe.Name, probe.API, probe.Protocols, probe.Address = d.Name, d.API, d.Protocols, d.Address
	probe.Pattern, probe.Rate = "push", "" // needs no message
	o := d.Custom
	probe.Custom = scenarios.CustomDraft{
		Headers: o.Headers, BearerEnv: o.BearerEnv, BearerFile: o.BearerFile, Proto: o.Proto, Import: o.Import,
		CA: o.CA, Cert: o.Cert, Key: o.Key, ServerName: o.ServerName, Insecure: o.Insecure,
	}
	s, err := scenarios.ParseWith("bench", probe.Text(), scenarios.Options{Lookup: os.LookupEnv})
	if err != nil {
		return nil //nolint:nilerr // checkDraft reports it in terms of flags
	}
	pattern, reason, err := target.NaturalPattern(cmd.Context(), s)
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
		fmt.Fprintf(os.Stderr, "%s: using --pattern %s\n", reason, pattern)
	}
	b.draft.Pattern = pattern
	return nil
}
