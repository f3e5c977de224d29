package cli

import (
	"slices"
	"strings"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// parseSide parses a TARGET.
func parseSide(flag, target string) (loadgen.Side, error) {
	command, isCommand := strings.CutPrefix(target, "exec:")
	switch fault := scenarios.AddressFault(target, true); {
	case !isCommand && fault != "":
		return loadgen.Side{}, usageError("--%s: %s", flag, fault)
	case isCommand && strings.TrimSpace(command) == "":
		return loadgen.Side{}, usageError("--%s %s: expected a command after exec:", flag, target)
	case isCommand:
		return loadgen.Side{Shell: command}, nil
	case !strings.Contains(target, ":"):
		return loadgen.Side{}, usageError("--%s %s: expected exec:COMMAND, a URL, or the control address of a server, such as 127.0.0.1:9000", flag, target)
	}
	return loadgen.Side{Target: target}, nil
}

// checkCommands rejects commands for scenarios with a custom target, which has its own URL.
func checkCommands(list []*scenarios.Scenario, sides map[string]loadgen.Side) error {
	for target, side := range sides {
		i := slices.IndexFunc(list, func(s *scenarios.Scenario) bool { return s.API == "custom" })
		if side.Shell != "" && i >= 0 {
			return usageError("%s with scenario %s: the scenario has a custom target; expected a URL that replaces its URL", target, list[i].Name)
		}
	}
	return nil
}
