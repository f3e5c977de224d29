package har

import (
	"strings"

	"rtbench/scenarios/draft/traffic"
)

// presetNames are the protocols on top of WebSocket that scenarios have presets for.
var presetNames = map[string]string{"socketio": "Socket.IO", "signalr": "SignalR", "stomp": "STOMP", "phoenix": "Phoenix channels", "graphql-ws": "GraphQL"}

// preset returns the preset for the protocol that the connection speaks; empty if there is none.
func (e *entry) preset(list []traffic.Message) string {
	_, query, _ := strings.Cut(e.Request.URL, "?")
	subprotocols, _ := find(e.Request.Headers, "Sec-WebSocket-Protocol")
	first := ""
	if len(list) > 0 {
		first = list[0].Text
	}
	switch {
	case e.stream:
		return ""
	case strings.Contains(query, "EIO=4"):
		return "socketio"
	case strings.HasPrefix(first, `{"protocol":"json","version":`):
		return "signalr"
	case strings.Contains(subprotocols, ".stomp"):
		return "stomp"
	case strings.Contains(query, "vsn=2"):
		return "phoenix"
	case strings.Contains(subprotocols, "graphql-transport-ws"):
		return "graphql-ws"
	}
	return ""
}
