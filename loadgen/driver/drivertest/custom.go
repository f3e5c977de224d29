package drivertest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivers"
)

// CustomTarget returns a custom target for a path at a base URL. edit, if not nil, changes its endpoint.
func CustomTarget(t testing.TB, base, path string, edit func(*driver.Endpoint)) driver.Target {
	t.Helper()
	u, err := url.Parse(base + path)
	if err != nil {
		t.Fatal(err)
	}
	target := driver.Target{Address: u.Host, Endpoint: &driver.Endpoint{URL: u}}
	if edit != nil {
		edit(target.Endpoint)
	}
	return target
}

// WebSocketTarget is CustomTarget with a WebSocket URL.
func WebSocketTarget(t testing.TB, base, path string, edit func(*driver.Endpoint)) driver.Target {
	t.Helper()
	return CustomTarget(t, strings.Replace(base, "http", "ws", 1), path, edit)
}

// NewCustomDriver is drivers.NewCustom. It closes the driver at the end of the test.
func NewCustomDriver(t testing.TB, protocol string, target driver.Target) driver.Driver {
	t.Helper()
	d, err := drivers.NewCustom(protocol, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// DialHTTP returns a driver for a custom target at a path of s.
func DialHTTP(t testing.TB, protocol string, s *httptest.Server, path string, edit func(*driver.Endpoint)) driver.Driver {
	t.Helper()
	target := CustomTarget(t, s.URL, path, edit)
	if s.TLS != nil {
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return NewCustomDriver(t, protocol, target)
}
