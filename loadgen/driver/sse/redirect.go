package sse

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// maxRedirects is how many redirects are followed, one after the other.
const maxRedirects = 5

// isRedirect reports whether a status redirects to its Location (RFC 9110, section 15.4).
func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// redirectedRequest returns the request that a redirect of r leads to. It must have the same scheme, host
// and port: another server would receive headers meant for this one. Requests other than GET
// follow 307 and 308 alone, which keep method and body.
func redirectedRequest(r httpwire.Request, status int, location string, hops int) (httpwire.Request, error) {
	to, err := r.URL.Parse(location)
	switch {
	case location == "" || err != nil:
		return r, driver.Refuse("redirect to nowhere", "it redirects (HTTP status %d) without a valid Location", status)
	case !sameOrigin(r, to):
		return r, driver.Refuse("redirect to another host", "it redirects (HTTP status %d) to %s, which is not followed, as headers meant for %s://%s would go there; give the URL it leads to",
			status, httpwire.RedactURL(to), r.URL.Scheme, r.URL.Host)
	case r.Method != http.MethodGet && status != 307 && status != 308:
		return r, driver.Refuse("HTTP redirect", "the %s is redirected (HTTP status %d) to %s, which is not followed, as it would become a GET; give the URL it leads to", r.Method, status, httpwire.RedactURL(to))
	case hops == maxRedirects:
		return r, driver.Refuse("redirect loop", "it redirects more than %d times, the last time to %s", maxRedirects, httpwire.RedactURL(to))
	}
	next := *r.URL
	next.Path, next.RawPath, next.RawQuery, next.ForceQuery = to.Path, to.RawPath, to.RawQuery, to.ForceQuery
	r.URL = &next
	return r, nil
}

// sameOrigin reports whether a URL names the server of r, by its address or by the Host sent.
func sameOrigin(r httpwire.Request, to *url.URL) bool {
	if to.Scheme != r.URL.Scheme {
		return false
	}
	if strings.EqualFold(to.Hostname(), r.URL.Hostname()) && httpwire.Port(to) == httpwire.Port(r.URL) {
		return true
	}
	told := &url.URL{Scheme: r.URL.Scheme, Host: r.Host}
	return strings.EqualFold(to.Hostname(), told.Hostname()) && (httpwire.Port(to) == httpwire.Port(told) || httpwire.Port(to) == httpwire.Port(r.URL))
}

// redirectError is an answer that redirects a POST.
type redirectError struct {
	status   int
	location string
}

// Error implements error.
func (m *redirectError) Error() string {
	return fmt.Sprintf("redirected with HTTP status %d", m.status)
}

// asRedirect returns the redirect that err is, or nil.
func asRedirect(err error) *redirectError {
	var moved *redirectError
	_ = errors.As(err, &moved)
	return moved
}

// followPostRedirects follows the redirects of a POST: err is the error of sending r, and send sends it
// to the next location. It returns the last error.
func followPostRedirects(r *httpwire.Request, err error, send func(httpwire.Request) error) error {
	next := *r
	for hops := 0; ; hops++ {
		moved := asRedirect(err)
		if moved == nil {
			return err
		}
		var refused error
		if next, refused = redirectedRequest(next, moved.status, moved.location, hops); refused != nil {
			return fmt.Errorf("%w: %w", driver.ErrMessageFailed, refused) // the events go on
		}
		err = send(next)
	}
}

// followRedirects asks for events, follows redirects, and returns an error if the last answer is no event
// stream. leave gives up an answer.
func followRedirects(r httpwire.Request, ask func(httpwire.Request) (eventsResponse, error), leave func()) error {
	for hops := 0; ; hops++ {
		a, err := ask(r)
		if err != nil {
			return err
		}
		redirected := isRedirect(a.status)
		if redirected {
			r, err = redirectedRequest(r, a.status, a.location, hops)
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
