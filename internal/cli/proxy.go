package cli

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rtbench/loadgen/route"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// warnProxy warns once if the environment sets a proxy for one of the scenarios, or for a target that replaces theirs.
// Connections to custom targets use it, so the measurements include the proxy; those to other servers do not.
func warnProxy(list []*scenarios.Scenario, targets ...string) {
	for _, s := range list {
		for _, target := range slices.Concat(s.Addresses(), targets) {
			if text := proxyWarning(s, target); text != "" {
				warn([]error{errors.New(text)})
				return
			}
		}
	}
}

// proxyWarning returns the warning of a scenario and one of its targets; empty for none.
func proxyWarning(s *scenarios.Scenario, target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" { // a control address
		u = &url.URL{Scheme: "http", Host: target}
	}
	proxy, err := route.FromEnvironment(u)
	switch {
	case target == "", err != nil, proxy == nil: // an invalid one is reported before the run
		return ""
	case s.API != cell.Custom:
		return fmt.Sprintf("connecting to %s directly, without %s, the proxy of the environment", u.Host, route.Public(proxy))
	case s.Custom.Route.Proxy != "", resolves(&s.Custom.Route, u):
		return ""
	}
	return fmt.Sprintf("connecting to %s through %s, the proxy of the environment, which is measured as well; `proxy: none` under target (--proxy none) connects directly", u.Host, route.Public(proxy))
}

// resolves reports whether a route has an address for the host of a URL.
func resolves(r *scenarios.Route, u *url.URL) bool {
	return slices.ContainsFunc(r.Resolve, func(p scenarios.Pair) bool {
		return strings.EqualFold(p.Name, u.Host) || strings.EqualFold(p.Name, strings.TrimSuffix(u.Host, ":"+u.Port()))
	})
}
