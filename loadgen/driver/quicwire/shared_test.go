package quicwire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/quicnet"
	"rtbench/server"
)

// All streams of a driver share a connection. It connects again, on another socket, once that has ended.
func TestReconnects(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"sse-h3", "webtransport"} {
		s := drivertest.StartServer(t, server.Config{TLS: true})
		target := drivertest.ReferenceTarget(s, protocol)
		var mu sync.Mutex
		var sockets []*quicnet.Socket
		dial := target
		target.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			nc, err := dial.DialUDP(ctx)
			mu.Lock()
			defer mu.Unlock()
			sockets = append(sockets, nc)
			return nc, err
		}
		d := drivertest.NewReferenceClient(t, protocol, proto.Stock, target)
		for range 2 {
			drivertest.CheckEcho(t, drivertest.Open(t, d, proto.Call{Pattern: proto.Echo}), []byte("there"))
		}
		if len(sockets) != 1 {
			t.Fatalf("%s: %d sockets for two streams", protocol, len(sockets))
		}
		for i, cut := range []func(){sockets[0].Cut, func() { _ = sockets[1].Close() }} {
			st := drivertest.Open(t, d, proto.Call{Pattern: proto.Echo})
			drivertest.CheckEcho(t, st, []byte("there"))
			cut()
			if err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err }); err == nil || errors.Is(err, io.EOF) {
				t.Fatalf("%s: Recv after cut %d: %v", protocol, i, err)
			}
			drivertest.CheckEcho(t, drivertest.Open(t, d, proto.Call{Pattern: proto.Echo}), []byte("there again"))
		}
		_ = d.Close()
		if _, err := d.Open(t.Context(), proto.Call{Pattern: proto.Echo}); err == nil {
			t.Fatalf("%s: Open after Close", protocol)
		}
	}
}

// Connections beyond the server's limit are refused; one that ends makes room.
func TestConnectionLimit(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"sse-h3", "webtransport"} {
		s := drivertest.StartServer(t, server.Config{TLS: true, MaxConnections: 1})
		dial := func() *drivertest.Client {
			return drivertest.NewReferenceClient(t, protocol, proto.Stock, drivertest.ReferenceTarget(s, protocol))
		}
		first := dial()
		drivertest.CheckEcho(t, drivertest.Open(t, first, proto.Call{Pattern: proto.Echo}), []byte("there"))
		open := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
			defer cancel()
			st, err := dial().Open(ctx, proto.Call{Pattern: proto.Echo})
			if err == nil {
				_ = st.Close()
			}
			return err
		}
		if err := open(); driver.Class(err) != proto.ConnectionRefused {
			t.Errorf("%s: class %q of %v", protocol, driver.Class(err), err)
		}
		_ = first.Close()
		err := drivertest.Bounded(t, "Open once there is room", func() (err error) {
			for err = open(); driver.Class(err) == proto.ConnectionRefused; err = open() {
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}

// Every byte that one end writes, the other reads: the datagrams of a connection are counted at both ends.
func TestBytesOfBothEnds(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"sse-h3", "webtransport"} {
		s := drivertest.StartServer(t, server.Config{TLS: true})
		before := s.Stats()
		target := drivertest.ReferenceTarget(s, protocol)
		traffic := new(eventloop.Traffic)
		target.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return quicnet.Count(nc.(*net.UDPConn), traffic), nil
		}
		d := drivertest.NewReferenceClient(t, protocol, proto.Stock, target)
		st := drivertest.Open(t, d, proto.Call{Pattern: proto.Echo})
		for _, n := range []int{0, 100, 100_000} {
			drivertest.CheckEcho(t, st, make([]byte, n))
		}
		_ = d.Close()
		var sent, received uint64
		err := drivertest.Bounded(t, "the server's counts", func() error {
			for sent = 0; sent != traffic.Written.Load() || received < traffic.Read.Load(); {
				after := s.Stats()
				sent, received = after.BytesReceived-before.BytesReceived, after.BytesSent-before.BytesSent
			}
			return nil
		})
		// The client does not read what arrives after its end.
		if got := traffic.Read.Load(); err != nil || got > received || got < 100_000 {
			t.Errorf("%s: read %d of %d bytes, wrote %d of which %d arrived", protocol, got, received, traffic.Written.Load(), sent)
		}
	}
}
