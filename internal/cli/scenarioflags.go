package cli

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

// scenarioFlags modify the scenarios that a command opens.
type scenarioFlags struct {
	profile string
	stacks  []string
	set     []string
}

// registerProfile adds --profile.
func (r *scenarioFlags) registerProfile(c *cobra.Command) {
	c.Flags().StringVar(&r.profile, "profile", "", "apply profile `NAME`: quick, ci, release, or one that the scenario defines")
	complete(c, "profile", completeWords(scenarios.ProfileNames()...))
}

// registerStack adds --stack.
func (r *scenarioFlags) registerStack(c *cobra.Command) {
	c.Flags().StringSliceVar(&r.stacks, "stack", nil, "compare `STACKS` in each scenario: "+strings.Join(proto.StackNames(), ", "))
}

// settings returns the values of --set, after that of --stack.
func (r *scenarioFlags) settings() []string {
	if len(r.stacks) == 0 {
		return r.set
	}
	return append([]string{"stack=[" + strings.Join(r.stacks, ", ") + "]"}, r.set...)
}

// registerSet adds --set.
func (r *scenarioFlags) registerSet(c *cobra.Command) {
	c.Flags().StringArrayVar(&r.set, "set", nil, "set `KEY=VALUE` in each scenario, such as load.rate=50k/s; repeatable; overrides file and profile")
	complete(c, "set", completeKeys)
}

// profilesHelp describes the profiles in help texts.
func profilesHelp() string {
	return "Profiles, unless the scenario defines one of that name:\n\n" + scenarios.ProfilesAbout() + "\n"
}

// open reads the scenarios. A non-empty target replaces the address of each.
func (r scenarioFlags) open(names []string, target string, quick bool) ([]*scenarios.Scenario, error) {
	if quick && r.profile != "" {
		return nil, usageError("--quick with --profile %s: expected one of them; --quick means --profile quick", r.profile)
	}
	for _, stack := range r.stacks {
		if known := proto.StackNames(); !slices.Contains(known, stack) {
			return nil, usageError("--stack %s: expected one of %s%s", stack, strings.Join(known, ", "), spec.Nearest(stack, known...))
		}
	}
	var list []*scenarios.Scenario
	var errs []error
	for _, name := range names {
		s, err := scenarios.OpenWith(name, scenarios.Options{Profile: r.profile, Set: r.settings(), Lookup: os.LookupEnv})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if target != "" {
			if err := s.Retarget(target); err != nil {
				return nil, usageError("--target %q: %w", redactURL(target), err)
			}
		}
		if quick {
			s.Shorten()
		}
		if slices.ContainsFunc(list, func(o *scenarios.Scenario) bool { return o.Name == s.Name }) {
			return nil, usageError("found two scenarios with the name %q; expected different names, by which results tell them apart", s.Name)
		}
		list = append(list, s)
	}
	if len(errs) > 0 {
		return nil, exitCodeError{errors.Join(errs...), exitScenario}
	}
	return list, nil
}
