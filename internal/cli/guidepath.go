package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// isGuidePath says whether a path of a URL is one that the guide's contract has.
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

// guidePattern takes the pattern that a path of the guide's contract has.
func (b *benchFlags) guidePattern(cmd *cobra.Command, path string) error {
	pattern := map[string]string{"websocket": "echo", "sse": "push", "sse-h2": "push", "grpc": "echo"}[b.draft.Protocols]
	isWebSocket := b.draft.Protocols == "websocket"
	switch {
	case path == "" || path == "/" || path == "/ws/authenticated" && isWebSocket:
	case !isGuidePath(b.draft.Protocols, path) || pattern == "":
		return usageError("path %s with --api guide: expected one of the guide's (/ws/authenticated, /ws/CLIENT, /stream, /stream/user), or --api custom", path)
	case isWebSocket:
		pattern = "fanout"
	default:
		b.draft.Path = path
	}
	if !cmd.Flags().Changed("pattern") {
		b.draft.Pattern = pattern
	}
	if b.draft.Pattern == "echo" && isWebSocket && os.Getenv("RTBENCH_TOKEN") == "" {
		return usageError("echo over ws takes a token: set RTBENCH_TOKEN (`rtbench serve --token-for me` prints one), or choose --pattern fanout; for an `rtbench serve` give its control address, such as 127.0.0.1:9000")
	}
	return nil
}
