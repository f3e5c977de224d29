package driver

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"rtbench/proto/wire"
)

// An ownRequest is what is asked of a server of the user's own, over any version of HTTP.
type ownRequest struct {
	method string
	url    *url.URL
	host   string      // as the header has it
	header http.Header // without Host and what is of a connection; names are canonical
	body   []byte
}

// ofConnection are headers that say how a connection is used, which is not the user's.
var ofConnection = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// baseRequest has what goes with all requests of a stream: the user's headers, and the
// token, asked for now.
func (e *Endpoint) baseRequest(ctx context.Context) (ownRequest, error) {
	r := ownRequest{url: e.URL, host: hostHeader(e.URL), header: http.Header{}}
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
		r.header[key] = append(r.header[key], values...)
	}
	if host := r.header.Get("Host"); host != "" {
		r.host = host
	}
	for _, name := range ofConnection {
		delete(r.header, name)
	}
	r.fallback("User-Agent", "rtbench")
	if u := e.URL.User; u != nil && r.header.Get("Authorization") == "" {
		password, _ := u.Password()
		r.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
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
	r.header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// events is the request for the events of a share's stream. lastID is the ID of the last event
// received, or empty.
func (r ownRequest) events(e *Endpoint, share int, lastID string) (ownRequest, error) {
	r.method, r.header = e.Method, r.header.Clone()
	if e.Body != nil {
		r.body = e.Body(share)
	}
	if r.method == "" {
		r.method = http.MethodGet
	}
	if !httpguts.ValidHeaderFieldName(r.method) {
		return r, fmt.Errorf("method %q: expected a word, such as GET or POST", r.method)
	}
	r.fallback("Accept", "text/event-stream")
	r.fallback("Accept-Encoding", "identity")
	r.fallback("Cache-Control", "no-store")
	if len(r.body) > 0 {
		r.fallback("Content-Type", jsonType)
	}
	if lastID != "" && httpguts.ValidHeaderFieldValue(lastID) {
		r.header.Set("Last-Event-Id", lastID)
	}
	return r, nil
}

// post is the request that carries a message, whose body comes later.
func (r ownRequest) post(u *url.URL, contentType string) ownRequest {
	if u.Host != r.url.Host {
		r.host = hostHeader(u)
	}
	r.method, r.url, r.header = http.MethodPost, u, r.header.Clone()
	r.fallback("Content-Type", contentType)
	return r
}

// fallback sets a header that the user has not.
func (r ownRequest) fallback(name, value string) {
	if len(r.header[name]) == 0 {
		r.header.Set(name, value)
	}
}

// head is the head of a POST as HTTP/1.1 has it, up to the value of its Content-Length.
func (r ownRequest) head() []byte { return postHead(r.url.RequestURI(), r.host, r.lines()) }

// lines are the headers as HTTP/1.1 has them.
func (r ownRequest) lines() string {
	var b strings.Builder
	_ = r.header.Write(&b) // to a buffer: there is no error
	return b.String()
}

// encode is the whole request as HTTP/1.1 has it.
func (r ownRequest) encode() []byte {
	var b bytes.Buffer
	b.WriteString(r.method + " " + r.url.RequestURI() + " HTTP/1.1\r\nHost: " + r.host + "\r\n" + r.lines())
	if len(r.body) > 0 || r.method != http.MethodGet && r.method != http.MethodHead {
		b.WriteString("Content-Length: " + strconv.Itoa(len(r.body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.body)
	return b.Bytes()
}

// fields are the headers as HTTP/2 has them.
func (r ownRequest) fields() wire.Header {
	h := wire.Header{
		{Name: ":method", Value: r.method},
		{Name: ":scheme", Value: r.url.Scheme},
		{Name: ":authority", Value: r.host},
		{Name: ":path", Value: r.url.RequestURI()},
	}
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		for _, v := range r.header[name] {
			h = append(h, wire.Header{{Name: strings.ToLower(name), Value: v}}...)
		}
	}
	return h
}

// follow asks for events, follows redirects, and returns an error if the last answer is no event
// stream. leave gives up an answer.
func (r ownRequest) follow(ask func(ownRequest) (eventsAnswer, error), leave func()) error {
	for hops := 0; ; hops++ {
		a, err := ask(r)
		if err != nil {
			return err
		}
		redirected := isRedirect(a.status)
		if redirected {
			r, err = r.redirect(a.status, a.location, hops)
		} else {
			err = a.check()
		}
		if err == nil && !redirected {
			return nil
		}
		leave()
		if err != nil {
			return err
		}
	}
}

// portOf is the port that u names or means.
func portOf(u *url.URL) string {
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
	if u.Port() != "" && portOf(u) == portOf(&url.URL{Scheme: u.Scheme}) {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return strings.TrimSuffix(u.Host, ":")
}

// at is the target of another URL of the same server, or of another.
func (t Target) at(u *url.URL) Target {
	from := t.Own.URL
	if u.Scheme == from.Scheme && strings.EqualFold(u.Hostname(), from.Hostname()) && portOf(u) == portOf(from) {
		return t
	}
	t.Address = net.JoinHostPort(u.Hostname(), portOf(u))
	switch {
	case u.Scheme != "https":
		t.TLS = nil
	case t.TLS == nil:
		t.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return t
}

// connectHTTP1 makes a connection for HTTP/1.1.
func (t Target) connectHTTP1(ctx context.Context) (net.Conn, error) {
	return t.connect(ctx, "http/1.1")
}

// What a message is that is posted, where the user does not say.
const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
)

// isJSON says whether a message looks like JSON, by how it begins.
func isJSON(p []byte) bool { return len(p) > 0 && (p[0] == '{' || p[0] == '[') }
