// Command rtbench measures what real-time traffic costs over WebSocket,
// Server-Sent Events and gRPC streaming, with raw TCP as the floor. What the user
// types is in loadgen/command.
package main

import (
	"os"

	"rtbench/loadgen/command"
)

func main() { os.Exit(command.Main()) }
