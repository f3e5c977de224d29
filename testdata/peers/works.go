package main

import (
	"context"
	"fmt"
	"strings"
)

// size is the size of all messages, in bytes.
const size = 100

// A work is a task and the contenders that do it. The first contender is the reference.
type work struct {
	name, title string
	flood       bool // the server sends without being asked
	contenders  []contender
}

// A contender does a work with its own server, in the directory dir.
type contender struct {
	name  string
	needs []string // tools
	run   func(ctx context.Context, b *bench, dir string) (*run, error)
	notes []string // caveats for readers
}

func works() []work {
	return []work{
		echoWork(64), echoWork(256), echoWork(1000), openWork(500, 5000),
		grpcBidi(4, 64), grpcReceive(4, 16),
		sseReceive("sse", "SSE, the server floods 64 connections", "wrk", shape.wrk, shape{pattern: "push", connections: 64, streams: 1}),
		sseReceive("sse-h2", "SSE over HTTP/2, the server floods 64 streams on 4 connections", "h2load", shape.h2load,
			shape{pattern: "push", connections: 4, streams: 16}),
	}
}

func workNames() string {
	var names []string
	for _, w := range works() {
		names = append(names, w.name)
	}
	return strings.Join(names, ", ")
}

func echoWork(connections int) work {
	load := shape{pattern: "echo", connections: connections, streams: 1}
	return work{
		name:  fmt.Sprintf("echo-%d", connections),
		title: fmt.Sprintf("echo in a closed loop, %d connections, %d-byte messages", connections, size),
		contenders: []contender{
			{name: "floor: C, both ends", needs: []string{"floor"}, run: load.floor},
			{name: "rtbench tcp", run: load.rtbench("tcp", lean)},
			{name: "rtbench websocket", run: load.rtbench("websocket", lean)},
			{name: "rtbench websocket, stack stock", run: load.rtbench("websocket", stock)},
			{name: "fortio tcp, C server", needs: []string{"fortio", "floor"}, run: load.fortio},
			{name: "k6 websocket", needs: []string{"k6"}, run: load.k6WebSocket(true)},
			{
				name: "k6 websocket, untimed", needs: []string{"k6"}, run: load.k6WebSocket(false),
				notes: []string{"untimed: counts messages without measuring times; k6's times are in whole milliseconds"},
			},
		},
	}
}

// openWork has the contenders that send WebSocket messages at a rate. vegeta, wrk2 and ghz send requests of their own
// protocols only, each of which waits for its response.
func openWork(connections, rate int) work {
	load := shape{pattern: "echo", connections: connections, streams: 1, rate: rate}
	return work{
		name:  fmt.Sprintf("open-%d", connections),
		title: fmt.Sprintf("echo at %d messages/s over %d connections, %d-byte messages", rate, connections, size),
		contenders: []contender{
			{
				name: "rtbench websocket", run: load.rtbench("websocket", lean),
				notes: []string{"rtbench times a message from when it is due, k6 from when it sends it"},
			},
			{name: "rtbench websocket, stack stock", run: load.rtbench("websocket", stock)},
			{name: "k6 websocket", needs: []string{"k6"}, run: load.k6Open},
		},
	}
}

func grpcBidi(connections, streams int) work {
	load := shape{pattern: "echo", connections: connections, streams: streams}
	one := shape{pattern: "echo", connections: 1, streams: connections * streams}
	return work{
		name: fmt.Sprintf("grpc-bidi-%d", connections*streams),
		title: fmt.Sprintf("gRPC echo in a closed loop, %d streams on %d connections, %d-byte messages",
			connections*streams, connections, size),
		contenders: []contender{
			{
				name: "grpc-go's benchmark, both ends", needs: []string{"grpc-client", "grpc-server"}, run: load.grpcBenchmark,
				notes: []string{"grpc-go's benchmark uses its own server and runs a CPU profiler on both ends"},
			},
			{name: "grpc-go's benchmark, 1 connection", needs: []string{"grpc-client", "grpc-server"}, run: one.grpcBenchmark},
			{name: "rtbench grpc", run: load.rtbench("grpc", stock), notes: []string{"rtbench grpc uses grpc-go, at both ends unless a server is named"}},
			{name: "rtbench grpc, lean server", run: load.rtbenchOn(lean, "grpc", stock)},
			{name: "k6 grpc, lean server", needs: []string{"k6"}, run: load.k6GRPC},
			{name: "rtbench grpc, stack lean", run: load.rtbench("grpc", lean)},
		},
	}
}

func grpcReceive(connections, streams int) work {
	load := shape{pattern: "push", connections: connections, streams: streams}
	return work{
		name: fmt.Sprintf("grpc-receive-%d", connections*streams),
		title: fmt.Sprintf("gRPC, the lean server floods %d streams on %d connections, %d-byte messages",
			connections*streams, connections, size),
		flood: true,
		contenders: []contender{
			{
				name: "ghz", needs: []string{"ghz"}, run: load.ghz,
				notes: []string{"ghz reads messages without counting them: its count is the server's, including the last ones, " +
					"which ghz did not receive"},
			},
			{name: "rtbench grpc", run: load.rtbenchOn(lean, "grpc", stock)},
			{name: "rtbench grpc, stack lean", run: load.rtbench("grpc", lean)},
			{
				name: "k6 grpc", needs: []string{"k6"}, run: load.k6GRPC,
				notes: []string{"k6 queues messages for its script without a bound: it is flooded for a quarter of the time, and " +
					"its rate lasts until the script has processed the queue, with the server idle; messages in flight " +
					"at the end do not count; its memory grows with the run"},
			},
		},
	}
}

func sseReceive(protocol, floods, peer string, do func(shape, context.Context, *bench, string) (*run, error), load shape) work {
	stack := lean
	if protocol == "sse-h2" {
		stack = stock // there is no other
	}
	return work{
		name:  fmt.Sprintf("%s-receive-%d", protocol, load.connections*load.streams),
		title: fmt.Sprintf("%s, %d-byte messages", floods, size),
		flood: true,
		contenders: []contender{
			{
				name: peer, needs: []string{peer},
				run:   func(ctx context.Context, b *bench, dir string) (*run, error) { return do(load, ctx, b, dir) },
				notes: []string{"wrk and h2load do not parse events: their count is the bytes received divided by the size of an event"},
			},
			{name: "rtbench " + protocol, run: load.rtbench(protocol, stack)},
		},
	}
}

// A shape is the load of a work, the same for all contenders.
type shape struct {
	pattern              string // echo or push
	connections, streams int    // streams per connection
	rate                 int    // messages per second of an open loop; 0: a closed one
}
