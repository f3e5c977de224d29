package sse

import (
	"net/http"
	"net/url"
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// maxRedirects is the longest chain of redirects that is followed.
const maxRedirects = 5

// isRedirect reports whether a status redirects to its Location (RFC 9110, section 15.4).
func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// redirectedRequest returns the request after a redirect of r. It must have the same scheme, host and
// port: another server would receive headers meant for this one. Requests other than GET follow only
// 307 and 308, which keep method and body.
func redirectedRequest(r httpwire.Request, status int, location string, hops int) (httpwire.Request, error) {
	to, err := r.URL.Parse(location)
	switch {
	case location == "" || err != nil:
		return r, driver.Refuse("redirect to nowhere", "redirect (HTTP status %d) without a valid Location", status)
	case !sameOrigin(r, to):
		return r, driver.Refuse("redirect to another host", "redirect (HTTP status %d) to %s is not followed, since it would receive the headers for %s://%s; use that URL",
			status, httpwire.RedactURL(to), r.URL.Scheme, r.URL.Host)
	case r.Method != http.MethodGet && status != 307 && status != 308:
		return r, driver.Refuse("HTTP redirect", "redirect (HTTP status %d) of a %s to %s is not followed, since it would become a GET; use that URL", status, r.Method, httpwire.RedactURL(to))
	case hops == maxRedirects:
		return r, driver.Refuse("redirect loop", "more than %d redirects, the last one to %s", maxRedirects, httpwire.RedactURL(to))
	}
	next := *r.URL
	next.Path, next.RawPath, next.RawQuery, next.ForceQuery = to.Path, to.RawPath, to.RawQuery, to.ForceQuery
	r.URL = &next
	return r, nil
}

// sameOrigin reports whether a URL has the origin of r, by its address or its Host header.
func sameOrigin(r httpwire.Request, to *url.URL) bool {
	if to.Scheme != r.URL.Scheme {
		return false
	}
	if strings.EqualFold(to.Hostname(), r.URL.Hostname()) && httpwire.Port(to) == httpwire.Port(r.URL) {
		return true
	}
	byHost := &url.URL{Scheme: r.URL.Scheme, Host: r.Host}
	return strings.EqualFold(to.Hostname(), byHost.Hostname()) && (httpwire.Port(to) == httpwire.Port(byHost) || httpwire.Port(to) == httpwire.Port(r.URL))
}
