//go:build linux

package acceptance

import (
	"cmp"
	"fmt"
	"strings"

	"rtbench/internal/testserver/thirdparty"
)

// A scenario builds a scenario file. target, load and phases are the pairs inside the braces,
// left out if empty; more holds further lines.
type scenario struct {
	target  string
	pattern string // echo by default
	load    string
	phases  string
	more    string
}

func (s scenario) text() string {
	lines := []string{"name: s", "pattern: " + cmp.Or(s.pattern, "echo")}
	for _, pair := range [][2]string{{"target", s.target}, {"load", s.load}, {"phases", s.phases}} {
		if pair[1] != "" {
			lines = append(lines, pair[0]+": {"+pair[1]+"}")
		}
	}
	return strings.Join(append(lines, s.more, ""), "\n")
}

// numbered gives each message a number in the field id, by which replies are matched.
const numbered = `messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
`

// tcpTarget returns a target of lines over TCP.
func tcpTarget(address string) string { return `tcp: "tcp://` + address + `"` }

// onLines, onWebSocket and onChat are for tables of targets whose servers start later.
func onLines(s *thirdparty.Server) string { return tcpTarget(s.Host) }

func onWebSocket(path string) func(*thirdparty.Server) string {
	return func(s *thirdparty.Server) string { return webSocketTarget(s, path) }
}

func onChat(method string) func(*thirdparty.Server) string {
	return func(s *thirdparty.Server) string { return chatTarget(s, method) }
}

// webSocketTarget returns a WebSocket target on a path of the server.
func webSocketTarget(s *thirdparty.Server, path string) string {
	return fmt.Sprintf("websocket: %q", s.URL("ws", path))
}

// reflected returns a target for a method of Chat that the server describes by reflection.
func reflected(method string) func(*thirdparty.Server) string {
	return func(s *thirdparty.Server) string {
		return fmt.Sprintf("grpc: %q", s.URL("grpc", "/chat.v1.Chat/"+method))
	}
}

// eventsTarget returns an event stream target on a path of the server.
func eventsTarget(s *thirdparty.Server, path string) string {
	return fmt.Sprintf("sse: %q", s.URL("http", path))
}

// sessionTarget returns a session of the FastAPI server: POSTed messages return as events.
func sessionTarget(s *thirdparty.Server) string {
	return fmt.Sprintf("sse: {url: %q, post: %q}", s.URL("http", "/events?session=a"), s.URL("http", "/messages?session=a"))
}

// chatTarget returns a target for a method of Chat with its .proto files.
func chatTarget(s *thirdparty.Server, method string) string {
	return fmt.Sprintf("grpc: {url: %q, proto: chat/v1/chat.proto, import: %q}", s.URL("grpc", "/chat.v1.Chat/"+method), s.Proto)
}
