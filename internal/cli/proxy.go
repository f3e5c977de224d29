package cli

import (
	"fmt"
	"net/url"

	"rtbench/loadgen/route"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// warnProxy warns once if the environment sets a proxy for one of the scenarios or targets. Connections to custom
// targets use it, so what is measured includes the proxy; those to other servers do not.
func warnProxy(list []*scenarios.Scenario, targets ...string) {
	custom := false
	for _, s := range list {
		custom = custom || s.API == cell.Custom
		if s.API != cell.Custom || s.Custom.Route.Proxy == "" {
			targets = append(targets, s.Addresses()...)
		}
	}
	for _, target := range targets {
		u, err := url.Parse(target)
		if err != nil || u.Host == "" { // a control address
			u = &url.URL{Scheme: "http", Host: target}
		}
		proxy, err := route.FromEnvironment(u)
		if err != nil || proxy == nil { // an invalid one is reported before the run
			continue
		}
		text := "connecting to %s through %s, the proxy of the environment, which is measured as well; `proxy: none` under target (--proxy none) connects directly"
		if !custom {
			text = "connecting to %s directly, without %s, the proxy of the environment"
		}
		warn([]error{fmt.Errorf(text, u.Host, route.Public(proxy))})
		return
	}
}
