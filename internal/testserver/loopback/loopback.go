// Package loopback serves TCP connections by functions, for tests whose server is a few lines.
package loopback

import (
	"context"
	"net"
	"sync"
	"testing"
)

// Serve listens on loopback and calls handle in a goroutine for each connection, which is closed when handle returns or
// the test ends. The test waits for all of them. It returns host:port.
func Serve(t testing.TB, handle func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
				defer func() { _ = nc.Close() }()
				handle(nc)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		cancel()
		serving.Wait()
	})
	return l.Addr().String()
}
