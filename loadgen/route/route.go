// Package route connects to servers: directly, at other addresses than their names say, over Unix sockets,
// or through HTTP and SOCKS5 proxies. A connection it returns is the one to the server or the proxy itself,
// without a wrapper, so that an event loop can drive it. It knows nothing of protocols and measures nothing.
package route

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// A Route says how to connect. The zero value connects directly. It is safe for concurrent use; its fields
// must not change after the first Dial.
type Route struct {
	// Resolve has, by the lower-case host or host:port of an address, with [] for IPv6, the host, host:port or
	// unix:PATH to connect to instead. Connections to these do not use the proxy.
	Resolve map[string]string
	// Proxy is the proxy of other connections; nil for none. Its scheme is http, socks5 or socks5h; its user
	// information authenticates.
	Proxy *url.URL
	// From are the local addresses that connections take in turn. None: the system chooses.
	From []netip.Addr
	// KeepAlive is the interval of TCP keep-alive probes; 0 for the default of package net, negative for none.
	KeepAlive time.Duration

	next atomic.Uint64 // index into From
}

const unixPrefix = "unix:"

// handshakeTimeout bounds the exchange with a proxy.
const handshakeTimeout = 20 * time.Second

// Dial connects to the address host:port over a network, tcp or udp. control is that of the net.Dialer, and may be
// nil. Errors of connecting are those of package net; an error of a proxy begins with its URL. A socket of UDP is
// connected, so that an address at which nothing listens is refused; no proxy and no Unix socket carries its datagrams.
func (r *Route) Dial(ctx context.Context, control func(network, address string, c syscall.RawConn) error, network, address string) (net.Conn, error) {
	d := &net.Dialer{Control: control, KeepAlive: r.KeepAlive, LocalAddr: r.from(network)}
	instead, resolved := r.Resolved(address)
	switch {
	case network == "udp" && (strings.HasPrefix(instead, unixPrefix) || r.Proxy != nil && !resolved):
		return nil, fmt.Errorf("%s: %w", address, errStreamsOnly)
	case network == "udp":
		return d.DialContext(ctx, network, instead)
	case strings.HasPrefix(instead, unixPrefix):
		d.LocalAddr = nil
		return d.DialContext(ctx, "unix", strings.TrimPrefix(instead, unixPrefix))
	case r.Proxy == nil || resolved:
		return d.DialContext(ctx, "tcp", instead)
	}
	return r.throughProxy(ctx, d, address)
}

// errStreamsOnly is the error of UDP over a route that carries streams of bytes only.
var errStreamsOnly = errors.New("QUIC cannot pass a proxy or a Unix socket; expected a direct connection")

// from returns the local address of the next connection; nil if the system chooses it.
func (r *Route) from(network string) net.Addr {
	n := uint64(len(r.From))
	if n == 0 {
		return nil
	}
	ip := net.IP(r.From[(r.next.Add(1)-1)%n].AsSlice())
	if network == "udp" {
		return &net.UDPAddr{IP: ip}
	}
	return &net.TCPAddr{IP: ip}
}

// Resolved returns the address to connect to, and whether Resolve has it.
func (r *Route) Resolved(address string) (instead string, resolved bool) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || len(r.Resolve) == 0 {
		return address, false
	}
	host = strings.ToLower(host)
	to, known := r.Resolve[net.JoinHostPort(host, port)]
	if !known {
		to, known = r.Resolve[strings.TrimSuffix(net.JoinHostPort(host, ""), ":")]
	}
	switch _, _, err := net.SplitHostPort(to); {
	case !known:
		return address, false
	case strings.HasPrefix(to, unixPrefix), err == nil:
		return to, true
	}
	return net.JoinHostPort(strings.Trim(to, "[]"), port), true
}

// throughProxy connects to an address through the proxy.
func (r *Route) throughProxy(ctx context.Context, d *net.Dialer, address string) (net.Conn, error) {
	nc, err := d.DialContext(ctx, "tcp", r.Proxy.Host)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", Public(r.Proxy), err)
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	if r.Proxy.Scheme == "http" {
		err = connectHTTP(nc, r.Proxy, address)
	} else {
		err = connectSOCKS(ctx, nc, r.Proxy, address)
	}
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("proxy %s: %w", Public(r.Proxy), err)
	}
	return nc, nil
}

// FromEnvironment returns the proxy that the environment names for u: that of HTTPS_PROXY for schemes with TLS and
// for grpc, as grpc-go has it, that of HTTP_PROXY for ws and http, or else that of ALL_PROXY; nil for none, as for
// hosts in NO_PROXY and for loopback addresses.
func FromEnvironment(u *url.URL) (*url.URL, error) {
	config, ask := httpproxy.FromEnvironment(), *u
	all := os.Getenv("ALL_PROXY")
	if all == "" {
		all = os.Getenv("all_proxy")
	}
	switch u.Scheme {
	case "wss", "https", "grpcs", "grpc":
		ask.Scheme = "https"
		if config.HTTPSProxy == "" {
			config.HTTPSProxy = all
		}
	case "ws", "http":
		ask.Scheme = "http"
		if config.HTTPProxy == "" {
			config.HTTPProxy = all
		}
	default:
		ask.Scheme, config.HTTPProxy = "http", all
	}
	p, err := config.ProxyFunc()(&ask)
	if err != nil || p == nil {
		return nil, err
	}
	return p, Check(p)
}

// Check returns an error if a proxy cannot be used.
func Check(p *url.URL) error {
	switch p.Scheme {
	case "http", "socks5", "socks5h":
	default:
		return fmt.Errorf("proxy %s: expected a URL of scheme http, socks5 or socks5h", Public(p))
	}
	if p.Port() == "" {
		return fmt.Errorf("proxy %s: expected a port, such as %s://%s:3128", Public(p), p.Scheme, p.Hostname())
	}
	return nil
}

// Public returns the URL of a proxy without credentials.
func Public(p *url.URL) string { return p.Scheme + "://" + p.Host }

// String describes the route for results; empty if connections are direct.
func (r *Route) String() string {
	var parts []string
	for _, host := range slices.Sorted(maps.Keys(r.Resolve)) {
		parts = append(parts, host+" is "+r.Resolve[host])
	}
	if r.Proxy != nil {
		parts = append(parts, "through proxy "+Public(r.Proxy))
	}
	for i, a := range r.From {
		if text := a.String(); i == 0 {
			parts = append(parts, "from "+text)
		} else {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}
