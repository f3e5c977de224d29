package drivers_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/server"
)

// Drivers over rtbench's HTTP/2 reconnect after a lost connection.
func TestHTTP2Reconnects(t *testing.T) {
	for _, protocol := range []string{"grpc", "sse-h2"} {
		s := drivertest.StartServer(t, server.Config{})
		var conns []net.Conn
		d := drivertest.NewReferenceClient(t, protocol, proto.Lean, driver.Target{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, s.Info().Addresses[protocol])
			conns = append(conns, nc)
			return nc, err
		}})
		for range 2 {
			drivertest.CheckEcho(t, drivertest.Open(t, d, proto.Call{Pattern: proto.Echo}), []byte("there"))
		}
		if len(conns) != 1 {
			t.Fatalf("%s: %d connections for two streams", protocol, len(conns))
		}
		st := drivertest.Open(t, d, proto.Call{Pattern: proto.Echo})
		_ = conns[0].Close()
		if err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err }); err == nil || errors.Is(err, io.EOF) {
			t.Fatalf("%s: Recv on a closed connection: %v", protocol, err)
		}
		drivertest.CheckEcho(t, drivertest.Open(t, d, proto.Call{Pattern: proto.Echo}), []byte("there again"))
		_ = d.Close()
		if _, err := d.Open(context.Background(), proto.Call{Pattern: proto.Echo}); err == nil {
			t.Fatalf("%s: Open after Close", protocol)
		}
	}
}

// Event loops need cleartext. With TLS, Drive leaves the stream unchanged.
func TestHTTP2WithTLSHasNoLoop(t *testing.T) {
	l := eventlooptest.NewLoop(t)
	s := drivertest.StartServer(t, server.Config{TLS: true})
	for _, protocol := range []string{"grpc", "sse-h2"} {
		d := drivertest.NewReferenceClient(t, protocol, proto.Lean, drivertest.ReferenceTarget(s, protocol))
		st := drivertest.Open(t, d, proto.Call{Pattern: proto.Echo})
		if err := st.Loop.Drive(l, nil); !errors.Is(err, errors.ErrUnsupported) {
			t.Fatalf("%s: Drive with TLS: %v", protocol, err)
		}
		drivertest.CheckEcho(t, st, []byte("by a goroutine"))
	}
}

// A server that allows no streams is an error with that reason, instead of a wait.
func TestNoStreamsAllowed(t *testing.T) {
	address := strings.TrimPrefix(drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		f := http2.NewFramer(nc, nc)
		_ = f.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0})
		_, _ = io.Copy(io.Discard, nc)
	}), "http://")
	for _, row := range [][2]string{{"grpc", proto.Stock}, {"grpc", proto.Lean}, {"sse-h2", proto.Lean}} {
		d := drivertest.NewReferenceClient(t, row[0], row[1], driver.Target{Address: address})
		ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
		defer cancel()
		if _, err := d.Open(ctx, proto.Call{Pattern: proto.Echo}); !errors.Is(err, driver.ErrNoStreams) {
			t.Errorf("%v: %v", row, err)
		}
	}
}
