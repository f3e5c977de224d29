package drivertest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
	"rtbench/proto"
	"rtbench/proto/eventloop"
)

// A Target is a target with the endpoint of its streams.
type Target struct {
	driver.Target
	Endpoint *driver.Endpoint
	Stack    string // empty for that of proto.ClientStack
}

// A Client opens streams for calls.
type Client struct {
	driver driver.Driver
	open   func(context.Context, proto.Call) (*driver.Stream, error)
	drive  *eventloop.Loop // drives the streams; may be nil
}

// NewReferenceClient returns a client, with a stack, of the reference server at target. It is closed at the end of
// the test.
func NewReferenceClient(t testing.TB, protocol, stack string, target driver.Target) *Client {
	t.Helper()
	d, err := drivers.New(protocol, stack, target)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, d, func(ctx context.Context, c proto.Call) (*driver.Stream, error) {
		return d.Open(ctx, drivers.Reference(protocol, stack, target.Address, target.TLS != nil, c))
	})
}

func newClient(t testing.TB, d driver.Driver, open func(context.Context, proto.Call) (*driver.Stream, error)) *Client {
	t.Cleanup(func() { _ = d.Close() })
	return &Client{driver: d, open: open}
}

// Open opens a stream for a call.
func (c *Client) Open(ctx context.Context, call proto.Call) (*driver.Stream, error) {
	st, err := c.open(ctx, call)
	if err != nil || c.drive == nil {
		return st, err
	}
	return DriveStream(st, c.drive)
}

// Close closes the driver.
func (c *Client) Close() error { return c.driver.Close() }

// CustomTarget returns a custom target for a path at a base URL. edit, if not nil, changes its endpoint.
func CustomTarget(t testing.TB, base, path string, edit func(*driver.Endpoint)) Target {
	t.Helper()
	u, err := url.Parse(base + path)
	if err != nil {
		t.Fatal(err)
	}
	target := Target{Target: driver.Target{Address: u.Host}, Endpoint: &driver.Endpoint{URL: u}}
	if edit != nil {
		edit(target.Endpoint)
	}
	return target
}

// WebSocketTarget is CustomTarget with a WebSocket URL.
func WebSocketTarget(t testing.TB, base, path string, edit func(*driver.Endpoint)) Target {
	t.Helper()
	return CustomTarget(t, strings.Replace(base, "http", "ws", 1), path, edit)
}

// NewCustomDriver returns a client of target. It is closed at the end of the test.
func NewCustomDriver(t testing.TB, protocol string, target Target) *Client {
	t.Helper()
	d, err := drivers.New(protocol, cmp.Or(target.Stack, proto.ClientStack(protocol)), target.Target)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, d, func(ctx context.Context, c proto.Call) (*driver.Stream, error) {
		each := *target.Endpoint
		each.Share = c.Share
		return d.Open(ctx, &each)
	})
}

// DialHTTP returns a driver for a custom target at a path of s.
func DialHTTP(t testing.TB, protocol string, s *httptest.Server, path string, edit func(*driver.Endpoint)) *Client {
	t.Helper()
	target := CustomTarget(t, s.URL, path, edit)
	if s.TLS != nil {
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return NewCustomDriver(t, protocol, target)
}
