package cli

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
)

// A scenarioFlags is what the user says of scenarios beside their names.
type scenarioFlags struct {
	profile string
	set     []string
}

// registerProfile is for commands that run other sizes of a scenario.
func (r *scenarioFlags) registerProfile(c *cobra.Command) {
	c.Flags().StringVar(&r.profile, "profile", "", "another size of each scenario: `NAME` quick, ci, release, or one that the scenario has")
	complete(c, "profile", completeWords(scenarios.ProfileNames()...))
}

// registerSet is for commands that take single keys.
func (r *scenarioFlags) registerSet(c *cobra.Command) {
	c.Flags().StringArrayVar(&r.set, "set", nil, "`KEY=VALUE` in each scenario, such as load.rate=50k/s; may be repeated, wins over file and profile")
	complete(c, "set", completeKeys)
}

// profilesHelp says what profiles are, for the long help.
func profilesHelp() string {
	return "Profiles, where a scenario has none of that name under profiles:\n\n" + scenarios.ProfilesAbout() + "\n"
}

// open reads the scenarios. target, where it is given, takes the place of theirs.
func (r scenarioFlags) open(names []string, target string, quick bool) ([]*scenarios.Scenario, error) {
	if quick && r.profile != "" {
		return nil, usageError("--quick with --profile %s: expected one of them, --quick is --profile quick", r.profile)
	}
	var list []*scenarios.Scenario
	var errs []error
	for _, name := range names {
		s, err := scenarios.OpenWith(name, scenarios.Options{Profile: r.profile, Set: r.set, Lookup: os.LookupEnv})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if target != "" {
			if err := s.Retarget(target); err != nil {
				return nil, usageError("--target %q: %w", redactTarget(target), err)
			}
		}
		if quick {
			s.Shorten()
		}
		list = append(list, s)
	}
	if len(errs) > 0 {
		return nil, exitCodeError{errors.Join(errs...), exitScenario}
	}
	return list, nil
}
