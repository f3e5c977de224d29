package target

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/route"
	"rtbench/scenarios"
)

// routeTo returns the route to the endpoint's URL, with the proxy of the environment if the scenario has none.
func (t *Custom) routeTo(s *scenarios.Scenario) (*route.Route, error) {
	from := s.Custom.Route
	r := &route.Route{Resolve: map[string]string{}, From: from.From, KeepAlive: cmp.Or(from.KeepAlive, -time.Second)}
	for _, p := range from.Resolve {
		r.Resolve[strings.ToLower(p.Name)] = p.Value
	}
	var err error
	switch {
	case from.Proxy == scenarios.NoProxy:
	case from.Proxy != "":
		r.Proxy, err = url.Parse(from.Proxy)
		t.addPassword(r.Proxy)
	default:
		r.Proxy, err = route.FromEnvironment(t.Endpoint.URL)
		t.addPassword(r.Proxy)
		if err != nil {
			err = fmt.Errorf("%w, from the environment; `proxy: none` ignores it", err)
		}
	}
	return r, err
}

// datagrams returns an error if the datagrams of a protocol over QUIC cannot take a route.
func datagrams(r *route.Route, protocol string) error {
	if r.Proxy != nil {
		return fmt.Errorf("target.proxy: proxy %s carries TCP, and %s is QUIC over UDP; expected `proxy: none`, which ignores the environment", route.Public(r.Proxy), protocol)
	}
	if toUnix(r) {
		return fmt.Errorf("target.resolve: a Unix socket carries streams of bytes, and %s is QUIC over UDP; expected host or host:port", protocol)
	}
	return nil
}

func toUnix(r *route.Route) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(r.Resolve)), func(to string) bool { return strings.HasPrefix(to, scenarios.UnixPrefix) })
}

// relayed returns an error if the relay of an emulated network cannot connect over a route.
func relayed(r *route.Route) error {
	const with = "cannot be combined with an emulated network (network, partitions), whose relay makes the connections; expected one of them"
	switch {
	case r.Proxy != nil:
		return fmt.Errorf("target.proxy: proxy %s %s (`proxy: none` ignores the environment)", route.Public(r.Proxy), with)
	case len(r.From) > 0:
		return fmt.Errorf("target.from %s", with)
	case toUnix(r):
		return fmt.Errorf("target.resolve: a Unix socket %s", with)
	}
	return nil
}

// addPassword makes the password of a proxy a secret.
func (t *Custom) addPassword(proxy *url.URL) {
	if proxy == nil || proxy.User == nil {
		return
	}
	if password, set := proxy.User.Password(); set {
		t.addSecret(password)
	}
}

// driverTarget returns the target of a driver without a load. The load does not resume its TLS session.
func (t *Custom) driverTarget() driver.Target {
	secure := t.TLS.Clone() // nil for nil
	if secure != nil {
		secure.ClientSessionCache = nil
	}
	return driver.Target{Address: t.Address, TLS: secure, OptionalALPN: t.OptionalALPN, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		return t.Route.Dial(ctx, nil, network, address)
	}}
}
