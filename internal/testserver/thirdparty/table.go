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

	mosquitto = "/usr/sbin/mosquitto"
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
	pythonServer("python-websockets", "websockets", "websockets"),
	pythonServer("fastapi", "fastapi", "fastapi", "uvicorn", "websockets"),
	pythonServer("grpcio", "grpcio", "grpc", "grpc_tools"),
	mosquittoServer(),
	nodeServer("node-ws", "ws", "ws"),
	nodeServer("node-wsh2", "wsh2", "ws"),
	nodeServer("node-tcp", "tcp"),
	nodeServer("node-grpc", "grpc", "@grpc/grpc-js", "@grpc/proto-loader", "@grpc/reflection"),
	presetServer("node-socketio", "socketio", "socket.io", "socket.io-client"),
	presetServer("node-signalr", "signalr", "@microsoft/signalr", "ws"),
	presetServer("node-stomp", "stomp", "stomp-broker-js", "@stomp/stompjs", "ws"),
	presetServer("node-phoenix", "phoenix", "phoenix", "ws"),
	presetServer("node-graphql", "graphql", "graphql", "graphql-ws", "ws"),
	{name: "nginx", needs: []tool{program(nginx)}, files: []string{"nginx/nginx.conf"}, command: []string{nginx}, behind: "fastapi"},
}

func pythonServer(name, dir string, modules ...string) row {
	r := row{name: name, files: []string{"python/ledger.py", "python/" + dir + "/server.py", "proto"}, command: []string{python, "server.py"}}
	for _, m := range modules {
		r.needs = append(r.needs, pythonModule(m))
	}
	return r
}

func mosquittoServer() row {
	r := pythonServer("mosquitto", "mosquitto")
	r.needs = append(r.needs, program(mosquitto), program(python))
	return r
}

func nodeServer(name, dir string, modules ...string) row {
	r := row{name: name, files: []string{"node/ledger.js", "node/" + dir + "/server.js", "proto"}, command: []string{"node", "server.js"}}
	r.needs = append(r.needs, program("node"))
	for _, m := range modules {
		r.needs = append(r.needs, nodeModule(m))
	}
	return r
}

// presetServer is a server with a client of the same protocol, for Judge.
func presetServer(name, dir string, modules ...string) row {
	r := nodeServer(name, dir, modules...)
	r.files = append(r.files, "node/"+dir+"/client.js")
	return r
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
