package route_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"rtbench/internal/testserver/loopback"
	"rtbench/internal/testserver/proxy"
	"rtbench/loadgen/route"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen accepts connections, greets each, and returns where they come from.
func listen(t *testing.T) (address string, from <-chan netip.Addr) {
	t.Helper()
	hosts := make(chan netip.Addr, 100)
	return loopback.Serve(t, func(nc net.Conn) {
		_, _ = nc.Write([]byte("hello\r\n\r\n")) // clients of proxies must not lose it
		hosts <- nc.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
		_, _ = io.Copy(io.Discard, nc) // unread bytes would reset the connection
	}), hosts
}

func greeted(t *testing.T, r *route.Route, address string) net.Conn {
	t.Helper()
	nc, err := r.Dial(t.Context(), nil, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	b := make([]byte, 5)
	if n, err := nc.Read(b); string(b[:n]) != "hello" {
		t.Errorf("read %q, %v", b[:n], err)
	}
	return nc
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestDial(t *testing.T) {
	address, from := listen(t)
	_, port, _ := net.SplitHostPort(address)
	credentials := proxy.User + ":" + proxy.Password + "@"
	for name, r := range map[string]*route.Route{
		"direct":     {},
		"host":       {Resolve: map[string]string{"127.0.0.1": "localhost"}},
		"host, port": {Resolve: map[string]string{"127.0.0.1": "127.0.0.9", address: "localhost:" + port}},
		"unix":       {Resolve: map[string]string{"127.0.0.1": "unix:" + proxy.Unix(t, address).Address}},
		"http":       {Proxy: parse(t, "http://"+credentials+proxy.HTTP(t).Address)},
		"socks5":     {Proxy: parse(t, "socks5://"+credentials+proxy.SOCKS5(t).Address)},
		"resolved":   {Proxy: parse(t, "http://127.0.0.1:1"), Resolve: map[string]string{"127.0.0.1": address}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, ok := greeted(t, r, address).(syscall.Conn); !ok {
				t.Error("an event loop cannot drive the connection")
			}
			<-from
		})
	}
}

func TestResolvedAddresses(t *testing.T) {
	r := &route.Route{Resolve: map[string]string{"a.test": "10.0.0.1", "a.test:443": "b.test:8443", "[::1]": "::2", "[::1]:443": "unix:/run/s"}}
	for address, want := range map[string]string{
		"A.test:80": "10.0.0.1:80", "a.test:443": "b.test:8443", "[::1]:80": "[::2]:80", "[::1]:443": "unix:/run/s", "c.test:80": "c.test:80",
	} {
		if got, resolved := r.Resolved(address); got != want || resolved != (address != want) {
			t.Errorf("%s: %s, %v; want %s", address, got, resolved, want)
		}
	}
}

func TestLocalAddressesTakeTurns(t *testing.T) {
	address, from := listen(t)
	r := &route.Route{From: []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}}
	var seen []string
	for range 4 {
		greeted(t, r, address)
		seen = append(seen, (<-from).String())
	}
	if want := []string{"127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.3"}; !slices.Equal(seen, want) {
		t.Errorf("connections came from %v, want %v", seen, want)
	}
}

func TestProxyErrors(t *testing.T) {
	address, _ := listen(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for _, c := range []struct{ proxy, to, says string }{
		{"http://" + proxy.HTTP(t).Address, address, "CONNECT " + address + ": 407 Proxy Authentication Required"},
		{"http://" + proxy.User + ":" + proxy.Password + "@" + proxy.HTTP(t).Address, "127.0.0.1:1", "502 Bad Gateway"},
		{"http://" + address, address, "not an HTTP proxy"},
		{"socks5://x:y@" + proxy.SOCKS5(t).Address, address, "authentication failed"},
		{"socks5://" + proxy.User + ":" + proxy.Password + "@" + proxy.SOCKS5(t).Address, "127.0.0.1:1", "connection refused"},
		{"http://127.0.0.1:1", address, "connection refused"},
	} {
		r := &route.Route{Proxy: parse(t, c.proxy)}
		nc, err := r.Dial(t.Context(), nil, "tcp", c.to)
		if err == nil {
			_ = nc.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "proxy "+route.Public(r.Proxy)) || strings.Contains(err.Error(), proxy.Password) {
			t.Errorf("%s to %s: error %v; want one that says %q", c.proxy, c.to, err, c.says)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&route.Route{Proxy: parse(t, "http://"+silent.Addr().String())}).Dial(ctx, nil, "tcp", address); err == nil {
		t.Error("a dial with an ended context returned no error")
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTP_PROXY", "http://plain.test:3128")
	t.Setenv("ALL_PROXY", "socks5://all.test:1080")
	t.Setenv("NO_PROXY", "inside.test")
	for u, want := range map[string]string{
		"ws://h.test/":       "http://plain.test:3128",
		"wss://h.test/":      "socks5://all.test:1080",
		"grpc://h.test:50/":  "socks5://all.test:1080",
		"https://h.test/":    "socks5://all.test:1080",
		"wss://inside.test/": "", "ws://localhost/": "", "wss://127.0.0.1/": "",
		"tcp://h.test:7": "socks5://all.test:1080",
	} {
		p, err := route.FromEnvironment(parse(t, u))
		got := ""
		if p != nil {
			got = route.Public(p)
		}
		if err != nil || got != want {
			t.Errorf("%s: proxy %q, error %v; want %q", u, got, err, want)
		}
	}
	t.Setenv("HTTP_PROXY", "https://plain.test:3128")
	if _, err := route.FromEnvironment(parse(t, "ws://h.test/")); err == nil || !strings.Contains(err.Error(), "expected a URL of scheme http, socks5 or socks5h") {
		t.Errorf("error %v", err)
	}
}
