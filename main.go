// Command rtbench measures what real-time traffic costs over WebSocket,
// Server-Sent Events and gRPC streaming, with raw TCP as the floor. Its commands
// are in internal/cli.
package main

import (
	"os"

	"rtbench/internal/cli"
)

func main() { os.Exit(cli.Main()) }
