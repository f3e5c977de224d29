package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"rtbench/scenarios"
)

// warnProxy warns once if the environment sets a proxy for one of the scenarios or targets.
// rtbench connects directly, because it would otherwise measure the proxy.
func warnProxy(list []*scenarios.Scenario, targets ...string) {
	for _, s := range list {
		targets = append(targets, s.Addresses()...)
	}
	for _, target := range targets {
		if variable := proxyVariable(target); variable != "" {
			u, _ := url.Parse(target)
			warn([]error{fmt.Errorf("%s is ignored: rtbench connects to %s directly, so as not to measure the proxy; unset it, or add the host to NO_PROXY, to silence this", variable, u.Host)})
			return
		}
	}
}

// proxyVariable returns the environment variable that sets a proxy for a URL; empty if none does.
// NO_PROXY and loopback addresses are exempt, as in net/http.
func proxyVariable(target string) string {
	if !strings.Contains(target, "://") { // a control address
		target = "http://" + target
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return ""
	}
	variable := "HTTP_PROXY"
	asked := &url.URL{Scheme: "http", Host: u.Host}
	switch u.Scheme {
	case "https", "wss", "grpc", "grpcs": // as grpc-go does for both
		variable, asked.Scheme = "HTTPS_PROXY", "https"
	case "tcp":
		variable = "ALL_PROXY"
	}
	for _, name := range slices.Compact([]string{variable, "ALL_PROXY"}) {
		for _, name := range []string{name, strings.ToLower(name)} {
			value := os.Getenv(name)
			if value == "" {
				continue
			}
			config := httpproxy.Config{HTTPProxy: value, HTTPSProxy: value, NoProxy: cmp.Or(os.Getenv("NO_PROXY"), os.Getenv("no_proxy"))}
			if proxy, err := config.ProxyFunc()(asked); err == nil && proxy == nil {
				continue
			}
			return name
		}
	}
	return ""
}
