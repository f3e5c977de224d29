// Package examples runs the minimal examples whose statements package complexity counts.
package examples

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"

	"rtbench/report/claims/complexity/examples/coder"
	"rtbench/report/claims/complexity/examples/eventsource"
	"rtbench/report/claims/complexity/examples/fasthttp"
	"rtbench/report/claims/complexity/examples/gobwas"
	"rtbench/report/claims/complexity/examples/grpcgo"
	"rtbench/report/claims/complexity/examples/nethttp"
)

type (
	serve func(net.Listener) error
	read  func(ctx context.Context, at string, each func([]byte)) error
	call  func(ctx context.Context, at string, messages [][]byte, each func([]byte)) error
)

var examples = map[string]struct {
	scheme    string
	servePush serve
	readPush  read
	serveEcho serve
	callEcho  call
}{
	"gobwas":   {"ws://", gobwas.ServePush, gobwas.ReadPush, gobwas.ServeEcho, gobwas.CallEcho},
	"coder":    {"ws://", coder.ServePush, coder.ReadPush, coder.ServeEcho, coder.CallEcho},
	"fasthttp": {"http://", fasthttp.ServePush, eventsource.ReadPush, fasthttp.ServeEcho, eventsource.CallEcho},
	"nethttp":  {"http://", nethttp.ServePush, eventsource.ReadPush, nethttp.ServeEcho, eventsource.CallEcho},
	"grpcgo":   {"", grpcgo.ServePush, grpcgo.ReadPush, grpcgo.ServeEcho, grpcgo.CallEcho},
}

// start serves on loopback until the test ends, and returns the address.
func start(t *testing.T, s serve) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { _ = s(l) }() // it ends when the listener closes
	return l.Addr().String()
}

func TestExamples(t *testing.T) {
	t.Parallel()
	var messages [][]byte
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprintf("message %d", i))
		messages = append(messages, []byte(want[i]))
	}
	for name, x := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pushed, echoed []string
			err := x.readPush(t.Context(), x.scheme+start(t, x.servePush), func(p []byte) { pushed = append(pushed, string(p)) })
			if err != nil || !slices.Equal(pushed, want) {
				t.Errorf("push: %q, %v", pushed, err)
			}
			at := x.scheme + start(t, x.serveEcho)
			err = x.callEcho(t.Context(), at, messages, func(p []byte) { echoed = append(echoed, string(p)) })
			if err != nil || !slices.Equal(echoed, want) {
				t.Errorf("echo: %q, %v", echoed, err)
			}
		})
	}
}
