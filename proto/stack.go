package proto

import (
	"runtime"
	"runtime/debug"
	"slices"
)

// A Stack is one implementation of a protocol at both ends. The tables of servers
// (server/stacks.go) and of drivers (loadgen/driver/drivers) have a row for each end of it; a
// test keeps the three consistent.
type Stack struct {
	Protocol string
	// Name is the stack's name in YAML, JSON, flags and tables.
	Name string
	// Libraries are the Go modules that speak the protocol, at either end: Std, Ours or module paths.
	Libraries []string
	// About describes the stack in one line.
	About string
}

// Stacks that several protocols have. A protocol without Stock says why (NoStock).
const (
	Stock = "stock" // the named libraries as their documentation shows
	Lean  = "lean"  // rtbench's own framing, and event loops where they are supported
)

// Stacks of one protocol, named after their library.
const (
	Gorilla = "gorilla"
	Coder   = "coder"
	NetHTTP = "net-http"
)

// Libraries of stacks that are not modules of their own.
const (
	Std  = "std"     // the standard library, with the version of Go
	Ours = "rtbench" // this module
)

const quicGo = "github.com/quic-go/quic-go"

// Stacks lists the stacks of each protocol, in the order of Protocols, the default first.
var Stacks = []Stack{
	{Protocol: "tcp", Name: Stock, Libraries: []string{Std}, About: "net and bufio, a goroutine per connection"},
	{Protocol: "tcp", Name: Lean, Libraries: []string{Ours}, About: "rtbench's framing on event loops"},
	{Protocol: "websocket", Name: Stock, Libraries: []string{"github.com/gobwas/ws"}, About: "gobwas/ws with wsutil"},
	{Protocol: "websocket", Name: Lean, Libraries: []string{Ours}, About: "rtbench's framing on event loops"},
	{Protocol: "websocket", Name: Gorilla, Libraries: []string{"github.com/gorilla/websocket"}, About: "gorilla/websocket"},
	{Protocol: "websocket", Name: Coder, Libraries: []string{"github.com/coder/websocket"}, About: "coder/websocket"},
	{Protocol: "sse", Name: Stock, Libraries: []string{"github.com/valyala/fasthttp"}, About: "fasthttp with a body stream writer, flushed after each event"},
	{Protocol: "sse", Name: Lean, Libraries: []string{Ours}, About: "rtbench's framing on event loops; POSTs by fasthttp"},
	{Protocol: "sse", Name: NetHTTP, Libraries: []string{Std}, About: "net/http"},
	{Protocol: "sse-h2", Name: Stock, Libraries: []string{Std}, About: "net/http"},
	{Protocol: "sse-h2", Name: Lean, Libraries: []string{Ours}, About: "rtbench's HTTP/2 on event loops"},
	{Protocol: "grpc", Name: Stock, Libraries: []string{"google.golang.org/grpc"}, About: "grpc-go"},
	{Protocol: "grpc", Name: Lean, Libraries: []string{Ours}, About: "rtbench's HTTP/2 on event loops"},
	{Protocol: "websocket-h2", Name: Lean, Libraries: []string{Ours}, About: "rtbench's HTTP/2 and framing on event loops"},
	{Protocol: "long-poll", Name: Stock, Libraries: []string{Std}, About: "net/http"},
	{Protocol: "sse-h3", Name: Stock, Libraries: []string{quicGo}, About: "quic-go with its http3"},
	{Protocol: "webtransport", Name: Stock, Libraries: []string{"github.com/quic-go/webtransport-go", quicGo}, About: "webtransport-go, with rtbench's framing on its streams"},
	{Protocol: "mqtt", Name: Stock, Libraries: []string{"github.com/eclipse/paho.golang", "github.com/mochi-mqtt/server/v2"}, About: "paho.golang to mochi-mqtt"},
}

// StackOf returns the stack of a protocol with that name.
func StackOf(protocol, name string) (Stack, bool) {
	for _, s := range Stacks {
		if s.Protocol == protocol && s.Name == name {
			return s, true
		}
	}
	return Stack{}, false
}

// StacksOf returns the names of a protocol's stacks.
func StacksOf(protocol string) (names []string) {
	for _, s := range Stacks {
		if s.Protocol == protocol {
			names = append(names, s.Name)
		}
	}
	return names
}

// ClientStack returns the stack of clients of servers that are not reference servers: lean where the
// protocol has it, because there the server is measured.
func ClientStack(protocol string) string {
	return ServerStack(protocol, Lean)
}

// ServerStack returns the stack with which a server of stack name serves a protocol: that, or the
// protocol's first if it lacks it.
func ServerStack(protocol, name string) string {
	if _, ok := StackOf(protocol, name); ok {
		return name
	}
	return StacksOf(protocol)[0]
}

// DefaultStack returns the stack with which protocols are compared: stock, or the first other one that all
// of them have; empty if there is none.
func DefaultStack(protocols []string) string {
	for _, stack := range StackNames() {
		lacks := func(protocol string) bool { return !slices.Contains(StacksOf(protocol), stack) }
		if !slices.ContainsFunc(protocols, lacks) {
			return stack
		}
	}
	return ""
}

// StackNames returns the names of all stacks, each once, stock first.
func StackNames() (names []string) {
	for _, s := range Stacks {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// LibraryVersions returns the version of each library of Stacks in this program.
func LibraryVersions() map[string]string {
	versions := map[string]string{Std: runtime.Version(), Ours: VersionAndCommit()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, m := range info.Deps {
		used := m
		if m.Replace != nil {
			used = m.Replace
		}
		if slices.ContainsFunc(Stacks, func(s Stack) bool { return slices.Contains(s.Libraries, m.Path) }) {
			versions[m.Path] = used.Version
		}
	}
	return versions
}
