package browser

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"embed"
	"fmt"
	"io"
	"log/slog" //nolint:depguard // net/http takes a *log.Logger and nothing else; this makes one that discards
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"rtbench/loadgen/guide/probe"
	"rtbench/proto"
	"rtbench/proto/certificate"
)

//go:embed page.html page.js
var files embed.FS

// discardLog drops net/http's messages about clients that disconnect.
var discardLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

// A site serves the page and proxies the reference server's event stream and gRPC service,
// which the page can reach only from the same origin. One listener speaks HTTP/1.1 in
// cleartext, the other HTTP/2 with TLS.
type site struct {
	plain, secure string // URLs with a trailing slash
	address       string // host:port of plain
	server        *http.Server
	serving       sync.WaitGroup
	transports    []*http.Transport

	mu       sync.Mutex
	requests map[string]request // by the name in ?as=NAME
}

// A request records a request that the page named with ?as=NAME.
type request struct {
	protocol string
	header   http.Header
	// Times of the first bytes of the request body and of the response, zero if there were
	// none.
	bodyStarted, responseStarted time.Time
	// status is the gRPC status from the response trailers, empty if there is none.
	status string
}

// startSite serves until close and proxies to the reference server.
func startSite(to proto.Info) (*site, error) {
	c, err := certificate.Issue(nil, &x509.Certificate{}, "rtbench's page", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	// net/http adds h2 only if a server's first listener has TLS.
	secure := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c}, NextProtos: []string{"h2", "http/1.1"}}
	s := &site{requests: map[string]request{}}
	s.server = &http.Server{
		Handler: s.handler(to), TLSConfig: secure,
		ReadHeaderTimeout: 10 * time.Second, ErrorLog: discardLog,
	}
	var listeners []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil, fmt.Errorf("listening for the browser: %w", err)
		}
		listeners = append(listeners, l)
	}
	s.address = listeners[0].Addr().String()
	s.plain = "http://" + s.address + "/"
	s.secure = "https://" + listeners[1].Addr().String() + "/"
	s.serving.Go(func() { _ = s.server.Serve(listeners[0]) })
	s.serving.Go(func() { _ = s.server.ServeTLS(listeners[1], "", "") })
	return s, nil
}

// close waits for open requests, which end soon because the browser has ended.
func (s *site) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = s.server.Shutdown(ctx)
	_ = s.server.Close()
	s.serving.Wait()
	for _, t := range s.transports {
		t.CloseIdleConnections()
	}
}

func (s *site) handler(to proto.Info) http.Handler {
	events := s.proxy(to.Addresses["sse"], new(http.Transport))
	bare := s.proxy(to.Addresses["sse"], new(http.Transport))
	bare.ModifyResponse = func(r *http.Response) error {
		r.Body = withoutIDs(r.Body)
		r.Header.Del("Content-Length") // if there was one
		return nil
	}
	var cleartext http.Protocols
	cleartext.SetUnencryptedHTTP2(true)
	calls := s.proxy(to.Addresses["grpc"], &http.Transport{Protocols: &cleartext})

	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "page.html")
	})
	mux.Handle("GET /stream", events)
	mux.Handle("GET /noid/stream", http.StripPrefix("/noid", bare))
	mux.HandleFunc("GET /raw", probe.ServeRawEvents)
	mux.Handle("POST /streaming.DataStreamService/", calls)
	return s.recordRequests(mux)
}

// proxy returns a proxy that forwards each part of a response immediately.
func (s *site) proxy(address string, transport *http.Transport) *httputil.ReverseProxy {
	transport.DisableCompression = true
	s.transports = append(s.transports, transport)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.URL.RawQuery = "" // the server does not know ?as=NAME
			// gRPC requires the header "TE: trailers", which a page may not set.
			r.Out.Header.Set("Te", "trailers")
		},
		Transport: transport, FlushInterval: -1, ErrorLog: discardLog,
	}
}

// request returns the record of the named request.
func (s *site) request(name string) request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[name]
}

func (s *site) update(name string, change func(*request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests[name]
	change(&r)
	s.requests[name] = r
}

// recordRequests records named requests, and lets pages of any origin read the responses:
// requests through a proxy that will be cut use another port.
func (s *site) recordRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		name := r.URL.Query().Get("as")
		if name == "" {
			next.ServeHTTP(w, r)
			return
		}
		o := observed{w, r.Body, func(change func(*request)) { s.update(name, change) }}
		o.update(func(seen *request) { *seen = request{protocol: r.Proto, header: r.Header.Clone()} })
		r.Body = o
		next.ServeHTTP(o, r)
		o.update(func(seen *request) { seen.status = trailerValue(w.Header(), "Grpc-Status") })
	})
}

// setOnce sets t to now unless it is already set.
func setOnce(t *time.Time) {
	if t.IsZero() {
		*t = time.Now()
	}
}

// trailerValue returns a trailer, whether or not the handler announced it.
func trailerValue(h http.Header, key string) string {
	if v := h.Get(http.TrailerPrefix + key); v != "" {
		return v
	}
	return h.Get(key)
}

// An observed is the writer of a response and the body of its request. It records when their first bytes
// pass.
type observed struct {
	http.ResponseWriter
	io.ReadCloser
	update func(change func(*request))
}

func (o observed) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	if n > 0 {
		o.update(func(seen *request) { setOnce(&seen.bodyStarted) })
	}
	return n, err
}

func (o observed) Write(p []byte) (int, error) {
	o.update(func(seen *request) { setOnce(&seen.responseStarted) })
	return o.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush.
func (o observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }
