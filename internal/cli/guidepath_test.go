package cli

import (
	"testing"
)

func TestIsGuidePath(t *testing.T) {
	for path, want := range map[[2]string]bool{
		{"websocket", "/ws/authenticated"}: true, {"websocket", "/ws/ann"}: true, {"websocket", "/ws/ann?token=a"}: false, {"websocket", "/ws/a/b"}: false,
		{"websocket", "/ws"}: false, {"websocket", ""}: false, {"sse", "/stream"}: true, {"sse-h2", "/stream/user"}: true, {"sse", "/streams"}: false, {"sse", ""}: false,
		{"grpc", ""}: true, {"grpc", "/a.B/C"}: false, {"tcp", ""}: false,
	} {
		if got := isGuidePath(path[0], path[1]); got != want {
			t.Errorf("%v: got %v", path, got)
		}
	}
}
