// Package httpwire writes HTTP requests and reads responses for drivers whose protocols start as
// HTTP. It shows them the bytes and connections that net/http hides.
package httpwire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"rtbench/loadgen/driver"
	"rtbench/proto/http2"
)

// A Request is an HTTP request to a custom target, over HTTP/1.1 or HTTP/2.
type Request struct {
	Method string
	URL    *url.URL
	Host   string      // value of the Host header or :authority
	Header http.Header // canonical names, without Host and hop-by-hop headers
	Body   []byte
}

// connectionHeaders are set by drivers, not by users.
var connectionHeaders = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// NewRequest returns a request with the method of the first request of a stream and the headers of all
// of them, including a fresh bearer token.
func NewRequest(ctx context.Context, e *driver.Endpoint) (Request, error) {
	r := Request{Method: cmp.Or(e.Method, http.MethodGet), URL: e.URL, Host: hostHeader(e.URL), Header: http.Header{}}
	if !httpguts.ValidHeaderFieldName(r.Method) {
		return r, fmt.Errorf("method %q: expected a method such as GET or POST", r.Method)
	}
	for name, values := range e.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return r, fmt.Errorf("header %q: invalid name; expected letters, digits and hyphens", name)
		}
		key := http.CanonicalHeaderKey(name)
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return r, fmt.Errorf("header %s: invalid character in the value, such as a line break", key)
			}
		}
		r.Header[key] = append(r.Header[key], values...)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	for _, name := range connectionHeaders {
		delete(r.Header, name)
	}
	r.SetDefault("User-Agent", "rtbench")
	if u := e.URL.User; u != nil && r.Header.Get("Authorization") == "" {
		password, _ := u.Password()
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if e.Bearer == nil {
		return r, nil
	}
	token, err := e.Bearer(ctx)
	if err != nil {
		return r, fmt.Errorf("bearer: %w", err)
	}
	if !httpguts.ValidHeaderFieldValue(token) {
		return r, fmt.Errorf("bearer: invalid character in the token, such as a line break")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// Default content types of posted messages.
const (
	JSONType = "application/json"
	TextType = "text/plain; charset=utf-8"
)

// Post returns the request that posts messages to u. It has no body yet.
func (r Request) Post(u *url.URL, contentType string) Request {
	if u.Host != r.URL.Host {
		r.Host = hostHeader(u)
	}
	r.Method, r.URL, r.Header = http.MethodPost, u, r.Header.Clone()
	r.SetDefault("Content-Type", contentType)
	return r
}

// SetDefault sets a header unless the user has set it, possibly to no values, which leaves it out.
func (r Request) SetDefault(name, value string) {
	if _, set := r.Header[name]; !set {
		r.Header.Set(name, value)
	}
}

// HeaderLines returns Header in the format of HTTP/1.1.
func (r Request) HeaderLines() string {
	var b strings.Builder
	_ = r.Header.Write(&b) // a strings.Builder does not fail
	return b.String()
}

// Encode returns the request in the format of HTTP/1.1.
func (r Request) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.URL.RequestURI() + " HTTP/1.1\r\nHost: " + r.Host + "\r\n" + r.HeaderLines())
	if len(r.Body) > 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		b.WriteString("Content-Length: " + strconv.Itoa(len(r.Body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}

// Fields returns the header fields for HTTP/2.
func (r Request) Fields() http2.Header {
	h := http2.Header{
		{Name: ":method", Value: r.Method},
		{Name: ":scheme", Value: r.URL.Scheme},
		{Name: ":authority", Value: r.Host},
		{Name: ":path", Value: r.URL.RequestURI()},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[name] {
			h = append(h, http2.Header{{Name: strings.ToLower(name), Value: v}}...)
		}
	}
	return h
}

// Port returns the port of u, or the default port of its scheme.
func Port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// hostHeader returns the host of u, with the port unless it is the default of the scheme.
func hostHeader(u *url.URL) string {
	if u.Port() != "" && Port(u) == Port(&url.URL{Scheme: u.Scheme}) {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return strings.TrimSuffix(u.Host, ":")
}
