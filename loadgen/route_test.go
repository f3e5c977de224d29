//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/proxy"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/scenarios"
)

// Connections over every kind of route reach third-party servers over every protocol, and the counts of both ends
// agree. The servers are known by a name that only the route can resolve.
func TestRoutes(t *testing.T) {
	testrun.OnlyWithAll(t)
	servers := []struct{ name, scheme, protocol, path, text string }{
		{"python-websockets", "ws", "websocket", "/echo", "pattern: echo\nload: {rate: 200/s, connections: 6}"},
		{"fastapi", "http", "sse", "/events", "pattern: push\nload: {connections: 6}"},
		{"node-grpc", "grpc", "grpc", "/chat.v1.Chat/Talk", "pattern: echo\nmessages: {json: {id: '{{.RequestNumber}}', text: hello}}\nmatch: {field: id}\nload: {rate: 200/s, connections: 6}"},
	}
	routes := []struct {
		name  string
		start func(t *testing.T, server string) (*proxy.Proxy, string)
		says  string
	}{
		{"unix", func(t *testing.T, server string) (*proxy.Proxy, string) {
			p := proxy.Unix(t, server)
			return p, fmt.Sprintf("resolve: {chat.test: 'unix:%s'}", p.Address)
		}, "chat.test is unix:"},
		{"http", func(t *testing.T, _ string) (*proxy.Proxy, string) {
			p := proxy.HTTP(t)
			return p, "proxy: 'http://" + proxy.User + ":${PROXY_PASSWORD}@" + p.Address + "'"
		}, "through proxy http://127.0.0.1:"},
		{"socks5", func(t *testing.T, _ string) (*proxy.Proxy, string) {
			p := proxy.SOCKS5(t)
			return p, "proxy: 'socks5://" + proxy.User + ":${PROXY_PASSWORD}@" + p.Address + "'"
		}, "through proxy socks5://127.0.0.1:"},
		{"from", func(_ *testing.T, server string) (*proxy.Proxy, string) {
			return nil, "from: [127.0.0.2, 127.0.0.3], resolve: {chat.test: '" + server + "'}"
		}, "from 127.0.0.2, 127.0.0.3"},
	}
	for _, of := range servers {
		for _, over := range routes {
			for _, stack := range []string{"stock", "lean"} {
				t.Run(of.protocol+"/"+over.name+"/"+stack, func(t *testing.T) {
					t.Parallel()
					s := thirdparty.Start(t, of.name)
					u, err := url.Parse(s.URL(of.scheme, of.path))
					if err != nil {
						t.Fatal(err)
					}
					p, keys := over.start(t, u.Host)
					if !strings.Contains(keys, "resolve") {
						keys += ", " // proxies resolve names themselves, and know no chat.test
					} else {
						u.Host = "chat.test:" + u.Port()
					}
					text := fmt.Sprintf("name: routed\ntarget: {%s: '%s', %s}\nstack: %s\n%s\n%s\n", of.protocol, u, keys, stack, of.text, phases)
					sc, err := scenarios.ParseWith("routed.yaml", []byte(text), scenarios.Options{Lookup: func(string) (string, bool) { return proxy.Password, true }})
					if err != nil {
						t.Fatalf("%v in\n%s", err, text)
					}
					res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{sc}})
					if err != nil {
						t.Fatal(err)
					}
					rep := res.Cells[0].Repetitions[0]
					if rep.Error != "" {
						t.Fatal(rep.Error)
					}
					if of.text[9:13] == "echo" {
						exact(t, rep.Counters, s.Ledger(t).Counts)
					} else if rep.Counters.AllReceived == 0 {
						t.Error("nothing was received")
					}
					if has := res.Cells[0].Config.Route; !strings.Contains(has, over.says) || strings.Contains(has, proxy.Password) {
						t.Errorf("the result says %q", has)
					}
					if p != nil && p.Connections() < 6 {
						t.Errorf("%d connections through the proxy, want at least 6", p.Connections())
					}
				})
			}
		}
	}
}
