package scenarios

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// A Route describes how connections reach the target. The zero value connects directly to the host of the
// URL, with the system's choice of the local address and without TCP keep-alive probes.
type Route struct {
	// Resolve are addresses by the host, or host:port, of a URL: a host, host:port, or unix:PATH.
	Resolve []Pair
	// Proxy is the URL of an HTTP or SOCKS5 proxy, none, or empty for that of the environment (HTTPS_PROXY,
	// HTTP_PROXY, ALL_PROXY and NO_PROXY).
	Proxy string
	// From are local addresses, which connections take in turn.
	From []netip.Addr
	// KeepAlive is the interval of TCP keep-alive probes; 0 for none.
	KeepAlive time.Duration
}

// NoProxy is the Proxy of a Route that ignores the environment.
const NoProxy = "none"

// UnixPrefix begins the address of a Unix socket, before its path.
const UnixPrefix = "unix:"

var (
	proxyText = func() spec.Kind[string] {
		k := spec.Pattern("none, or the URL of a proxy such as http://proxy.example.org:3128 or socks5://127.0.0.1:1080", `^(none|(http|socks5|socks5h)://[^\s/?#]+/?)$`)
		k.Hidden = true
		matches := k.Parse
		k.Parse = func(s string) (string, bool) {
			text, ok := matches(s)
			u, err := url.Parse(text)
			return strings.TrimSuffix(text, "/"), ok && (text == NoProxy || err == nil && u.Port() != "")
		}
		return k
	}()
	keepAliveText = func() spec.Kind[time.Duration] {
		k := spec.Duration(0).Expecting("a duration from 1s to 24h, or 0s for none")
		parse := k.Parse
		k.Parse = func(s string) (time.Duration, bool) {
			d, ok := parse(s)
			return d, ok && (d == 0 || d >= time.Second)
		}
		return k
	}()
	localAddress = spec.Kind[netip.Addr]{
		Expected: "an IP address of this machine, such as 127.0.0.2", Allowed: []spec.Limits{{Type: "string"}},
		Parse: func(s string) (netip.Addr, bool) {
			a, err := netip.ParseAddr(s)
			return a, err == nil && a.Zone() == "" && !a.IsMulticast()
		},
	}
)

// keys returns the keys of target that are about its connections.
func (r *Route) keys() []spec.Key {
	return []spec.Key{
		{
			Name: "resolve", Also: "connect_to connect-to hosts unix_socket unix socket", Value: r.resolve(), Example: `{api.example.org: "127.0.0.1:8443"}`,
			Flag: spec.Flag{Name: "resolve", Usage: "connect to another address than that of the URL: `HOST=ADDRESS`, which may be unix:PATH; repeatable", Repeat: true, Pair: "="},
			Doc:  "Addresses to connect to instead of hosts of the URLs: host, host:port, or unix:PATH for a Unix socket. Host, :authority and the verified name stay those of the URL. A host may have a port (host:443); otherwise all its ports are meant.",
		},
		{
			Name: "proxy", Also: "http_proxy https_proxy socks socks5", Value: spec.One(&r.Proxy, proxyText), Literal: refuseProxy, Secret: true, Example: "# http://proxy.example.org:3128",
			Conflicts: []spec.Conflict{spec.When(func() bool { return r.proxied() && len(r.Resolve) > 0 }, " with resolve; expected one of them, since a proxy resolves names itself")},
			Flag:      spec.Flag{Name: "proxy", Usage: "connect through the HTTP (CONNECT) or SOCKS5 proxy at `URL`; none ignores the environment"},
			Doc:       "HTTP proxy (CONNECT) or SOCKS5 proxy of all connections to the target, or none. Default: that of HTTPS_PROXY (for wss, https, grpcs and grpc), HTTP_PROXY (for ws and http) or ALL_PROXY (for all), except for hosts in NO_PROXY, loopback addresses, and hosts in resolve. Results name it.",
		},
		{
			Name: "from", Also: "local_address local_addr source source_address bind interface", Value: spec.List(&r.From, localAddress), Example: "[127.0.0.2, 127.0.0.3]",
			Flag: spec.Flag{Name: "from", Usage: "connect from this local `ADDRESS`; repeat it to take several in turn, each with its own ports", Repeat: true},
			Doc:  "Local addresses that connections take in turn. Each has its own ports, about 28,000 to one server by default. Default: the system chooses.",
		},
		{
			Name: "keepalive", Also: "keep_alive keep-alive tcp_keepalive", Value: spec.One(&r.KeepAlive, keepAliveText), Default: "15s",
			Doc: "Interval of TCP keep-alive probes on idle connections. Default 15s; 0s: none.",
		},
	}
}

func (r *Route) proxied() bool { return r.Proxy != "" && r.Proxy != NoProxy }

// resolve reads addresses by host.
func (r *Route) resolve() spec.Value {
	v := pairs(&r.Resolve, resolvePair)
	read := v.Read
	v.Read = func(rd *spec.Reader, path string, n *yaml.Node) {
		read(rd, path, n)
		for _, p := range r.Resolve {
			if !isDialAddress(p.Value) {
				rd.Problem(n, path, ".%s: found %s; expected host, host:port or unix:/PATH", p.Name, spec.Quote(p.Value))
			}
		}
	}
	return v
}

// checkResolve reports hosts in resolve that no URL has, whose addresses would never be used.
func (s *Scenario) checkResolve(r *spec.Reader) {
	var hosts, all []string
	for _, name := range s.Custom.protocols() {
		for _, text := range []string{s.Custom.Endpoints[name].URL, s.Custom.Endpoints[name].Post} {
			if a, ok := cutURL(text); ok {
				host := strings.ToLower(a.host)
				hosts = append(hosts, host)
				all = append(all, host, host+":"+cmp.Or(a.port, proto.SchemeByName(a.scheme).Port))
			}
		}
	}
	hosts, all = slices.Compact(hosts), slices.Compact(all)
	for _, p := range s.Custom.Route.Resolve {
		if name := strings.ToLower(p.Name); len(hosts) > 0 && !slices.Contains(all, name) {
			near := hosts
			if strings.Contains(name, ":") {
				near = all
			}
			r.At("target.resolve."+p.Name, ": no URL of the target has this host; expected %s%s", strings.Join(hosts, ", "), spec.Nearest(name, near...))
		}
	}
}

// isDialAddress reports whether a connection can be made to an address in resolve.
func isDialAddress(s string) bool {
	if path, unix := strings.CutPrefix(s, UnixPrefix); unix {
		return path != "" && len(path) < 108 // sun_path of unix(7), with its final zero
	}
	return IsHostPort(s)
}

// refuseProxy reports a proxy whose credentials are written in the scenario.
func refuseProxy(r *spec.Reader, path string, n *yaml.Node) {
	written := r.Text(n)
	user, _, found := strings.Cut(written, "@")
	if n.Kind == yaml.ScalarNode && !r.Broken(n) && found && !fromVariable(user) {
		r.Problem(n, path, ": found literal credentials; expected them from variables, such as ${PROXY_USER} and ${PROXY_PASSWORD}")
	}
}
