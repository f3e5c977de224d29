// Package httpwire writes HTTP requests and reads responses for drivers whose protocols start as
// HTTP. It shows them the bytes and connections that net/http hides.
package httpwire

import (
	"bytes"
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

// An Request is what is asked of a server of the user's own, over any version of HTTP.
type Request struct {
	Method string
	URL    *url.URL
	Host   string      // as the header has it
	Header http.Header // without Host and what is of a connection; names are canonical
	Body   []byte
}

// connectionHeaders are headers that say how a connection is used, which is not the user's.
var connectionHeaders = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// baseRequest has what goes with all requests of a stream: the user's headers, and the
// token, asked for now.
func NewRequest(ctx context.Context, e *driver.Endpoint) (Request, error) {
	r := Request{URL: e.URL, Host: hostHeader(e.URL), Header: http.Header{}}
	for name, values := range e.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return r, fmt.Errorf("header %q: a name has letters, digits and hyphens", name)
		}
		key := http.CanonicalHeaderKey(name)
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return r, fmt.Errorf("header %s: its value has a character that a header cannot carry, such as an end of line", key)
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
		return r, fmt.Errorf("bearer: the token has a character that a header cannot carry, such as an end of line")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// Post is the request that carries a message, whose body comes later.
func (r Request) Post(u *url.URL, contentType string) Request {
	if u.Host != r.URL.Host {
		r.Host = hostHeader(u)
	}
	r.Method, r.URL, r.Header = http.MethodPost, u, r.Header.Clone()
	r.SetDefault("Content-Type", contentType)
	return r
}

// SetDefault sets a header that the user has not.
func (r Request) SetDefault(name, value string) {
	if len(r.Header[name]) == 0 {
		r.Header.Set(name, value)
	}
}

// HeaderLines are the headers as HTTP/1.1 has them.
func (r Request) HeaderLines() string {
	var b strings.Builder
	_ = r.Header.Write(&b) // to a buffer: there is no error
	return b.String()
}

// Encode is the whole request as HTTP/1.1 has it.
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

// Fields are the headers as HTTP/2 has them.
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

// Port is the port that u names or means.
func Port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// hostHeader is the host of u, with its port where that is not the scheme's.
func hostHeader(u *url.URL) string {
	if u.Port() != "" && Port(u) == Port(&url.URL{Scheme: u.Scheme}) {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return strings.TrimSuffix(u.Host, ":")
}

// BenchPath is where the HTTP based protocols find the neutral workload.
const BenchPath = "/bench"
