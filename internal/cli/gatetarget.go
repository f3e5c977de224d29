package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rtbench/loadgen"
	"rtbench/scenarios"
)

// open parses the targets, claims the directory of the results and checks that all servers answer. The output
// must be released.
func (g *gateFlags) open(ctx context.Context, list []*scenarios.Scenario) (places []loadgen.Place, out *output, err error) {
	if places, err = g.places(list); err != nil {
		return nil, nil, err
	}
	if out, err = claimOutput(g.out, "gate", "base", "head"); err != nil {
		return nil, nil, err
	}
	if err := checkServers(ctx, places, list); err != nil {
		out.release()
		return nil, nil, err
	}
	return places, out, nil
}

// checkServers returns an error unless all servers answer.
func checkServers(ctx context.Context, places []loadgen.Place, list []*scenarios.Scenario) error {
	for _, p := range places {
		if err := p.Base.Check(ctx, list); err != nil {
			return exitError(exitNoBaseline, "no base: %w", err)
		}
		if err := p.Head.Check(ctx, list); err != nil {
			return fmt.Errorf("head: %w", err)
		}
	}
	return nil
}

// places parses the targets into the places of base and head in each pair.
func (g *gateFlags) places(list []*scenarios.Scenario) (places []loadgen.Place, err error) {
	for i := range g.base {
		var p loadgen.Place
		if p.Base, err = parseSide("base", g.base[i], g.baseURL); err != nil {
			return nil, err
		}
		if p.Head, err = parseSide("head", g.head[i], g.headURL); err != nil {
			return nil, err
		}
		if len(g.pprof[0]) > i {
			p.Base.Pprof, p.Head.Pprof = g.pprof[0][i], g.pprof[1][i]
		}
		if err := checkPprof(list, p); err != nil {
			return nil, err
		}
		if err := errors.Join(checkCommands(list, "base", p.Base), checkCommands(list, "head", p.Head)); err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	if len(places) == 2 {
		return places, checkSwap(places[0], places[1])
	}
	return places, nil
}

// checkSwap returns an error unless base and head swap their machines from one place to the other.
func checkSwap(a, b loadgen.Place) error {
	for _, side := range []loadgen.Side{a.Base, a.Head, b.Base, b.Head} {
		if side.Shell != "" {
			return usageError("exec:%s with two --base and --head: expected the addresses of running servers on two machines", side.Shell)
		}
	}
	first, second := hostOf(a.Base.Target), hostOf(a.Head.Target)
	switch {
	case first == second:
		return usageError("--base %s and --head %s are on the same machine; expected two machines, or --base and --head once", a.Base.Target, a.Head.Target)
	case hostOf(b.Base.Target) != second:
		return usageError("the second --base %s: expected base on the machine of the first --head, %s", b.Base.Target, second)
	case hostOf(b.Head.Target) != first:
		return usageError("the second --head %s: expected head on the machine of the first --base, %s", b.Head.Target, first)
	}
	return nil
}

// hostOf returns the host of a target.
func hostOf(target string) string {
	if !strings.Contains(target, "://") {
		target = "tcp://" + target
	}
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	return u.Hostname()
}

// parseSide parses a TARGET, and the URL at which a command's server is reached; it may be empty.
func parseSide(flag, target, at string) (loadgen.Side, error) {
	side, err := parseTarget(flag, target)
	switch fault := scenarios.AddressFault(at, true); {
	case err != nil || at == "":
	case side.Shell == "":
		err = usageError("--%s-url with --%s %s: expected exec:COMMAND, whose server it is", flag, flag, target)
	case fault != "" || !strings.Contains(at, "://"):
		err = usageError("--%s-url %s: expected a URL, such as ws://127.0.0.1:8080", flag, at)
	}
	if err == nil && at != "" {
		side.Target = at
	}
	return side, err
}

func parseTarget(flag, target string) (loadgen.Side, error) {
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

// checkCommands rejects a command without a URL for scenarios with a custom target, whose servers do
// not say where they listen, and one with a URL for others, whose servers do.
func checkCommands(list []*scenarios.Scenario, flag string, side loadgen.Side) error {
	if side.Shell == "" {
		return nil
	}
	wrong := func(s *scenarios.Scenario) bool { return (s.API == "custom") != (side.Target != "") }
	switch i := slices.IndexFunc(list, wrong); {
	case i < 0:
		return nil
	case side.Target == "":
		return usageError("--%s exec:%s with scenario %s: the scenario has a custom target; expected --%s-url with the URL of that server, or a URL instead of exec:",
			flag, side.Shell, list[i].Name, flag)
	default:
		return usageError("--%s-url with scenario %s: the scenario has no custom target, and its server prints its addresses; expected no --%s-url", flag, list[i].Name, flag)
	}
}
