package target

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

// configureEndpoint fills in the endpoint and the address.
func (t *Custom) configureEndpoint(s *scenarios.Scenario, e *scenarios.Endpoint) (err error) {
	o := &driver.Endpoint{
		Limit: e.Limit, Subprotocols: e.Subprotocols, Binary: e.Frames == "binary", Lengths: e.Frames == "length",
		Fragment: e.Fragment, Method: e.Method, Deadline: e.Deadline, Batch: max(1, e.Batch), Header: requestHeader(s),
	}
	t.Endpoint, t.OptionalALPN = o, e.ALPN == "optional"
	t.Ping = driver.Ping{Every: s.Custom.Ping.Every, Timeout: s.Custom.Ping.Timeout, Idle: s.Custom.Ping.Idle}
	if o.URL, t.Address, err = parseURL(e.URL, s.Custom.Query); err != nil {
		return err
	}
	if e.Post != "" {
		if o.Post, _, err = parseURL(e.Post, s.Custom.Query); err != nil {
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
	o.Bearer = t.tokenSource(s)
	o.Cursor = driver.Cursor{Query: e.Cursor.Query, Header: e.Cursor.Header, Find: finderOf(e.Cursor.Field)}
	o.List = finderOf(e.List)
	return nil
}

// finderOf returns a function that finds the value of a path in JSON; nil without a path. The scenario has
// checked the path. It may be called by one stream at a time.
func finderOf(path string) func() driver.Finder {
	if path == "" {
		return nil
	}
	return func() driver.Finder {
		p, _ := template.ParsePath(path)
		return p.JSON().Find
	}
}

// parseURL parses a URL, adds to its query, and returns its host and port. Errors do not show
// the query, which may hold a secret.
func parseURL(text string, query []scenarios.Pair) (*url.URL, string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, "", errors.New("target: expected a URL with a scheme and a host")
	}
	u.RawQuery = addQuery(u.RawQuery, query)
	address := addressOf(u)
	if strings.HasSuffix(address, ":") {
		return nil, "", fmt.Errorf("target %s://%s: expected a port", u.Scheme, u.Host)
	}
	return u, address, nil
}

// addressOf returns host and port of a URL, by default the port of its scheme.
func addressOf(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), proto.SchemeByName(u.Scheme).Port))
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

func requestHeader(s *scenarios.Scenario) http.Header {
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
