//go:build linux

package thirdparty

import (
	"slices"
	"strings"
	"testing"
)

// Debian's versions, which find Debian's modules, unlike others on the PATH.
const (
	python = "/usr/bin/python3"
	nginx  = "/usr/sbin/nginx"
)

// A row describes a server.
type row struct {
	name string
	// needs lists the server's prerequisites.
	needs []tool
	// files lists the embedded files of the server.
	files   []string
	command []string
	// behind names the server that this one proxies.
	behind string
}

var table = []row{
	{
		name:    "python-websockets",
		needs:   []tool{pythonModule("websockets")},
		files:   []string{"python/ledger.py", "python/websockets/server.py"},
		command: []string{python, "server.py"},
	},
	{
		name:    "fastapi",
		needs:   []tool{pythonModule("fastapi"), pythonModule("uvicorn"), pythonModule("websockets")},
		files:   []string{"python/ledger.py", "python/fastapi/server.py"},
		command: []string{python, "server.py"},
	},
	{
		name:    "grpcio",
		needs:   []tool{pythonModule("grpc"), pythonModule("grpc_tools")},
		files:   []string{"python/ledger.py", "python/grpcio/server.py", "proto"},
		command: []string{python, "server.py"},
	},
	{
		name:    "node-ws",
		needs:   []tool{program("node"), nodeModule("ws")},
		files:   []string{"node/ledger.js", "node/ws/server.js"},
		command: []string{"node", "server.js"},
	},
	{
		name:    "node-tcp",
		needs:   []tool{program("node")},
		files:   []string{"node/ledger.js", "node/tcp/server.js"},
		command: []string{"node", "server.js"},
	},
	{
		name: "node-grpc",
		needs: []tool{
			program("node"), nodeModule("@grpc/grpc-js"),
			nodeModule("@grpc/proto-loader"), nodeModule("@grpc/reflection"),
		},
		files:   []string{"node/ledger.js", "node/grpc/server.js", "proto"},
		command: []string{"node", "server.js"},
	},
	{
		name:    "nginx",
		needs:   []tool{program(nginx)},
		files:   []string{"nginx/nginx.conf"},
		command: []string{nginx},
		behind:  "fastapi",
	},
}

// Names returns the names of all servers.
func Names() []string {
	var names []string
	for _, r := range table {
		names = append(names, r.name)
	}
	return names
}

func find(t testing.TB, name string) row {
	t.Helper()
	i := slices.IndexFunc(table, func(r row) bool { return r.name == name })
	if i < 0 {
		t.Fatalf("unknown third-party server %q; expected one of %s", name, strings.Join(Names(), ", "))
	}
	return table[i]
}
