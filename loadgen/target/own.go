// Package target turns what a scenario says of a server of the user's own into what is run:
// an endpoint for the driver, a script for the dialog, certificates and secrets. It reads
// the files that the scenario names, and for gRPC may ask the server what its method is.
// It opens no stream and measures nothing.
package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/grpcschema"
	"rtbench/loadgen/script"
	"rtbench/scenarios"
)

// A Server is one protocol's way to a server, ready to be driven. It may be used for many
// drivers, and concurrently.
type Server struct {
	// Address is host:port, TLS how connections are secured; nil: not.
	Address  string
	TLS      *tls.Config
	Endpoint *driver.Endpoint
	Script   *script.Script

	mu      sync.Mutex
	known   map[string]bool // secrets
	secrets []string        // in all forms in which they may stand in a text
}

// Prepare makes the server of a cell of scenario s; it is good for others of the same
// protocol, pattern, model and size. ctx bounds what is asked of the server.
func Prepare(ctx context.Context, s *scenarios.Scenario, c scenarios.Cell) (*Server, error) {
	e := s.Custom.Endpoints[c.Protocol]
	if e == nil {
		return nil, fmt.Errorf("target has nothing for %s", c.Protocol)
	}
	v := &Server{}
	v.know(s)
	if err := v.prepare(ctx, s, c, e, true); err != nil {
		return nil, v.hidden(err)
	}
	return v, nil
}

// hidden is err without secrets.
func (v *Server) hidden(err error) error {
	if text := v.Hide(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// prepare fills in the server. Without a .proto file it asks the server for its gRPC method, if
// ask allows that, and else leaves out the checks that need the method.
func (v *Server) prepare(ctx context.Context, s *scenarios.Scenario, c scenarios.Cell, e *scenarios.Endpoint, ask bool) error {
	if err := v.point(s, e); err != nil {
		return err
	}
	var err error
	if v.TLS, err = v.tlsOf(s); err != nil {
		return err
	}
	var m *grpcschema.Method
	if c.Protocol == "grpc" && (ask || len(e.Proto) > 0) {
		if m, err = v.method(ctx, s, e); err != nil {
			return err
		}
		v.Endpoint.ClientStreams, v.Endpoint.ServerStreams = m.ClientStreams, m.ServerStreams
		if err := fitsMethod(m, c.Pattern); err != nil {
			return err
		}
		if err := stepsFitMethod(s, m); err != nil {
			return err
		}
	}
	b := builder{scenario: s, cell: c, server: v, method: m}
	if v.Script, err = b.script(); err != nil {
		return err
	}
	return b.body(e)
}

// Check finds what is wrong with the files that a scenario names and with what is in them.
// It asks no server: gRPC methods are known from .proto files alone.
func Check(s *scenarios.Scenario) error {
	checked := map[string]bool{}
	for _, c := range s.Cells() {
		e := s.Custom.Endpoints[c.Protocol]
		key := fmt.Sprintf("%s %s %d", c.Protocol, c.Pattern, c.Size)
		if e == nil || checked[key] {
			continue
		}
		checked[key] = true
		v := &Server{}
		v.know(s)
		if err := v.prepare(context.Background(), s, c, e, false); err != nil {
			return v.hidden(err)
		}
	}
	return nil
}

// ports are where a scheme is spoken unless the URL says otherwise.
var ports = map[string]string{"ws": "80", "http": "80", "wss": "443", "https": "443", "grpc": "80", "grpcs": "443"}

var secure = map[string]bool{"wss": true, "https": true, "grpcs": true}

// point fills in the endpoint.
func (v *Server) point(s *scenarios.Scenario, e *scenarios.Endpoint) (err error) {
	o := &driver.Endpoint{
		Limit: e.Limit, Subprotocols: e.Subprotocols, Binary: e.Frames == "binary", Lengths: e.Frames == "length",
		Fragment: e.Fragment, Method: e.Method, Deadline: e.Deadline, Batch: max(1, e.Batch), Header: header(s),
	}
	v.Endpoint = o
	if o.URL, v.Address, err = target(e.URL, s.Custom.Query); err != nil {
		return err
	}
	if e.Post != "" {
		if o.Post, _, err = target(e.Post, s.Custom.Query); err != nil {
			return err
		}
	}
	switch e.Deflate {
	case "takeover":
		o.Deflate = driver.DeflateTakeover
	case "each":
		o.Deflate = driver.DeflateNoTakeover
	}
	if e.Compression != "none" {
		o.Compression = e.Compression
	}
	o.Bearer = v.bearer(s)
	return nil
}

// target reads a URL and adds to its query. What it says of a bad one repeats no query: a
// secret may be in it.
func target(text string, query []scenarios.Pair) (*url.URL, string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, "", errors.New("target: expected a URL with a scheme and a host")
	}
	u.RawQuery = addQuery(u.RawQuery, query)
	address := u.Host
	if u.Port() == "" {
		port := ports[u.Scheme]
		if port == "" {
			return nil, "", fmt.Errorf("target %s://%s: expected a port", u.Scheme, u.Host)
		}
		address = net.JoinHostPort(u.Hostname(), port)
	}
	return u, address, nil
}

// addQuery appends pairs to a query, which stays as written: a server may distinguish two
// encodings of the same text.
func addQuery(query string, pairs []scenarios.Pair) string {
	var b strings.Builder
	b.WriteString(query)
	for _, p := range pairs {
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "&") {
			b.WriteByte('&')
		}
		b.WriteString(queryEscape(p.Name) + "=" + queryEscape(p.Value))
	}
	return b.String()
}

// queryEscape escapes a text for a query. A space becomes %20, which all servers read.
func queryEscape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func header(s *scenarios.Scenario) http.Header {
	h := http.Header{}
	for _, p := range s.Custom.Headers {
		if scenarios.IsHost(p.Name) {
			h.Set("Host", p.Value)
			continue
		}
		h.Add(p.Name, p.Value)
	}
	cookies := slices.Clone(h.Values("Cookie"))
	for _, p := range s.Custom.Cookies {
		cookies = append(cookies, p.Name+"="+p.Value)
	}
	if len(cookies) > 0 {
		h.Set("Cookie", strings.Join(cookies, "; "))
	}
	return h
}
