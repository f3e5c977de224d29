package sse_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// rawHTTP2 responds to each request with status 200 and one event, and then calls abort.
func rawHTTP2(t *testing.T, abort func(f *http2.Framer, stream uint32, conn int) (more bool)) drivertest.Target {
	t.Helper()
	return drivertest.CustomTarget(t, drivertest.ServeTCP(t, func(nc net.Conn, conn int) {
		if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(nc, nc)
		_ = f.WriteSettings()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			h, ok := frame.(*http2.HeadersFrame)
			if !ok {
				continue
			}
			var b bytes.Buffer
			enc := hpack.NewEncoder(&b)
			_ = enc.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
			_ = enc.WriteField(hpack.HeaderField{Name: "content-type", Value: "text/event-stream"})
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: h.StreamID, BlockFragment: b.Bytes(), EndHeaders: true})
			_ = f.WriteData(h.StreamID, false, []byte("data: a\n\n"))
			if !abort(f, h.StreamID, conn) {
				return
			}
		}
	}), "/", nil)
}

// Each way to abort an HTTP/2 stream has its class.
func TestHTTP2ErrorClasses(t *testing.T) {
	t.Parallel()
	for class, abort := range map[string]func(f *http2.Framer, stream uint32){
		"HTTP/2 reset: INTERNAL_ERROR": func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, http2.ErrCodeInternal) },
		"HTTP/2 reset: unknown code":   func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, 4711) },
		"HTTP/2 GOAWAY":                func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil) },
		"malformed frame":              func(f *http2.Framer, stream uint32) { _ = f.WriteRawFrame(http2.FramePushPromise, 0, stream, nil) },
	} {
		target := rawHTTP2(t, func(f *http2.Framer, stream uint32, _ int) bool {
			abort(f, stream)
			return true
		})
		d := drivertest.NewCustomDriver(t, "sse-h2", target)
		for _, d := range []*drivertest.Client{d, drivertest.WithLoop(t, d)} {
			st, err := d.Open(context.Background(), proto.Call{})
			if err == nil {
				defer st.Close()
				err = drivertest.Bounded(t, "Recv", func() error {
					for {
						if _, err := st.Recv(); err != nil {
							return err
						}
					}
				})
			}
			if driver.Class(err) != class {
				t.Errorf("class %q of %v, want %q", driver.Class(err), err, class)
			}
		}
	}
}

// After GOAWAY, new streams use another connection.
func TestHTTP2GoAway(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	target := rawHTTP2(t, func(f *http2.Framer, stream uint32, conn int) bool {
		if conn > 0 {
			return true
		}
		_ = f.WriteGoAway(stream, http2.ErrCodeNo, nil)
		_ = f.WriteData(stream, false, []byte("data: b\n\n"))
		<-end
		return false
	})
	d := drivertest.NewCustomDriver(t, "sse-h2", target)
	first := drivertest.Open(t, d, proto.Call{Share: 0})
	drivertest.Recv(t, first, "a", "b")
	drivertest.Recv(t, drivertest.Open(t, d, proto.Call{Share: 1}), "a")
	close(end)
	err := drivertest.Bounded(t, "Recv", func() error { _, err := first.Recv(); return err })
	if driver.Class(err) != "HTTP/2 GOAWAY" && driver.Class(err) != "connection reset" {
		t.Errorf("ended with %v", err)
	}
}

// Servers without HTTP/2 are refused with a class.
func TestServerWithoutHTTP2(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*httptest.Server){
		"refused": func(s *httptest.Server) { s.TLS = &tls.Config{NextProtos: []string{"http/1.1"}} },
		"ignored": func(s *httptest.Server) { s.TLS = new(tls.Config); s.Config.TLSNextProto = nil },
	} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		edit(s)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		if name == "ignored" { // like a TLS server without ALPN
			s.TLS.NextProtos = nil
		}
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		target := drivertest.CustomTarget(t, s.URL, "/", nil)
		target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		_, err := drivertest.NewCustomDriver(t, "sse-h2", target).Open(context.Background(), proto.Call{})
		if driver.Class(err) != "no HTTP/2 (ALPN)" || !errors.Is(err, driver.ErrRefused) {
			t.Errorf("%s: class %q of %v", name, driver.Class(err), err)
		}
		s.Close()
	}
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		_, _ = io.Copy(io.Discard, nc)
	})
	_, err := drivertest.NewCustomDriver(t, "sse-h2", drivertest.CustomTarget(t, base, "/", nil)).Open(context.Background(), proto.Call{})
	if driver.Class(err) != "not HTTP/2" || !errors.Is(err, driver.ErrRefused) {
		t.Errorf("cleartext: class %q of %v", driver.Class(err), err)
	}
}
