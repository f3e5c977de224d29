package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// isGuidePath reports whether the guide's API serves path over protocol.
func isGuidePath(protocol, path string) bool {
	client, isClient := strings.CutPrefix(path, "/ws/")
	switch protocol {
	case "websocket":
		return isClient && client != "" && !strings.ContainsAny(client, "/?#")
	case "sse", "sse-h2":
		return slices.Contains([]string{"/stream", "/stream/user"}, path)
	}
	return protocol == "grpc" && (path == "" || path == "/")
}

// guidePattern sets the pattern that belongs to a path of the guide's API.
func (b *benchFlags) guidePattern(cmd *cobra.Command, path string) error {
	defaultPattern(cmd.Flags(), b.settings)
	isWebSocket := b.settings.Get("protocol") == "websocket"
	switch {
	case path == "" || path == "/" || path == "/ws/authenticated" && isWebSocket:
	case !isGuidePath(b.settings.Get("protocol"), path):
		return usageError("path %s with --api guide: expected /ws/authenticated, /ws/CLIENT, /stream or /stream/user; for another API use --api custom", path)
	case isWebSocket && !cmd.Flags().Changed("pattern"):
		b.settings.Put("pattern", "fanout")
	case !isWebSocket:
		b.settings.Put("path", path)
	}
	if b.settings.Get("pattern") == "echo" && isWebSocket && os.Getenv("RTBENCH_TOKEN") == "" {
		return usageError("RTBENCH_TOKEN is not set: echo over WebSocket needs a token (`rtbench serve --token-for me` prints one); use --pattern fanout without one, or the control address of an `rtbench serve`, such as 127.0.0.1:9000")
	}
	return nil
}
