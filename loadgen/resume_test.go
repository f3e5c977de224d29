//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/proto"
	"rtbench/scenarios"
)

// If a connection resumed a session, all its streams count, also those that opened while it connected.
func TestStreamsOfResumedConnections(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{proto.Stock, proto.Lean} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := thirdparty.StartTLS(t, "node-grpc")
			res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, fmt.Sprintf(`
name: resumed
target: {grpc: '%s', tls: {ca: '%s', resume: true}}
stack: %s
pattern: echo
messages: {json: {id: '{{.RequestNumber}}', text: hello}}
match: {field: id}
load: {rate: 200/s, connections: 4, streams: 5, connect: 20/s}
%s
`, s.URL("grpc", "/chat.v1.Chat/Talk"), s.Files.CA, stack, phases))}})
			if err != nil {
				t.Fatal(err)
			}
			rep := res.Cells[0].Repetitions[0]
			if n := rep.Connecting.Resumed; rep.Error != "" || n == 0 || n > 15 || n%5 != 0 {
				t.Errorf("error %q; %d streams of 4 connections with 5 each resumed a session", rep.Error, n)
			}
		})
	}
}

// With tls.resume connections resume the session of an earlier one, over every stack; without it none does.
func TestResumedSessions(t *testing.T) {
	testrun.OnlyWithAll(t)
	for _, c := range []struct{ server, scheme, protocol, path, stack, text string }{
		{"python-websockets", "ws", "websocket", "/echo", "stock", "pattern: echo\nload: {rate: 200/s, connections: 8, connect: 20/s}"},
		{"python-websockets", "ws", "websocket", "/echo", "lean", "pattern: echo\nload: {rate: 200/s, connections: 8, connect: 20/s}"},
		{"python-websockets", "ws", "websocket", "/echo", "gorilla", "pattern: echo\nload: {rate: 200/s, connections: 8, connect: 20/s}"},
		{"python-websockets", "ws", "websocket", "/echo", "coder", "pattern: echo\nload: {rate: 200/s, connections: 8, connect: 20/s}"},
		{"fastapi", "http", "sse", "/events", "stock", "pattern: push\nload: {connections: 8, connect: 20/s}"},
		{"fastapi", "http", "sse", "/events", "net-http", "pattern: push\nload: {connections: 8, connect: 20/s}"},
		{"node-grpc", "grpc", "grpc", "/chat.v1.Chat/Talk", "stock", "pattern: echo\nmessages: {json: {id: '{{.RequestNumber}}', text: hello}}\nmatch: {field: id}\nload: {rate: 200/s, connections: 8, connect: 20/s}"},
		{"node-grpc", "grpc", "grpc", "/chat.v1.Chat/Talk", "lean", "pattern: echo\nmessages: {json: {id: '{{.RequestNumber}}', text: hello}}\nmatch: {field: id}\nload: {rate: 200/s, connections: 8, connect: 20/s}"},
	} {
		for _, resume := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%s/%v", c.protocol, c.stack, resume), func(t *testing.T) {
				t.Parallel()
				s := thirdparty.StartTLS(t, c.server)
				text := fmt.Sprintf("name: resumed\ntarget: {%s: '%s', tls: {ca: '%s', resume: %v}}\nstack: %s\n%s\n%s\n",
					c.protocol, s.URL(c.scheme, c.path), s.Files.CA, resume, c.stack, c.text, phases)
				res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
				if err != nil {
					t.Fatal(err)
				}
				rep := res.Cells[0].Repetitions[0]
				if rep.Error != "" {
					t.Fatal(rep.Error)
				}
				// The first connection has no session to resume, and those that begin before its ticket has come
				// have none either.
				if n := rep.Connecting.Resumed; resume != (n > 0) || n > 7 {
					t.Errorf("%d of 8 connections resumed a session", n)
				}
			})
		}
	}
}
