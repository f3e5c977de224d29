package html

import (
	"fmt"
	"strings"
)

// protocolName returns a protocol's name for prose.
func protocolName(protocol string) string {
	names := map[string]string{"tcp": "raw TCP", "websocket": "WebSocket", "sse": "SSE", "sse-h2": "SSE over HTTP/2", "grpc": "gRPC"}
	if name, ok := names[protocol]; ok {
		return name
	}
	return protocol
}

// joinAnd joins words with commas and a final "and".
func joinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func anchor(group int) string { return fmt.Sprintf("g%d", group) }
