package driver

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how many redirects are followed, one after the other.
const maxRedirects = 5

// isRedirect reports whether a status leads elsewhere (RFC 9110, section 15.4).
func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// redirect returns the request that a redirect of r leads to. Only the same scheme, host and
// port is gone to: another would be told what is meant for this one. A request other than GET
// is sent again by 307 and 308 alone, which keep its method and body.
func (r ownRequest) redirect(status int, location string, hops int) (ownRequest, error) {
	to, err := r.url.Parse(location)
	switch {
	case location == "" || err != nil:
		return r, refuse("redirect to nowhere", "it redirects (HTTP status %d) and says no place that there can be", status)
	case !r.sameOrigin(to):
		return r, refuse("redirect to another host", "it redirects (HTTP status %d) to %s, which is not followed, as headers meant for %s://%s would go there; give the URL it leads to",
			status, shownPlace(to), r.url.Scheme, r.url.Host)
	case r.method != http.MethodGet && status != 307 && status != 308:
		return r, refuse("HTTP redirect", "the %s is redirected (HTTP status %d) to %s, which is not followed, as it would become a GET; give the URL it leads to", r.method, status, shownPlace(to))
	case hops == maxRedirects:
		return r, refuse("redirect loop", "it redirects more than %d times, the last time to %s", maxRedirects, shownPlace(to))
	}
	next := *r.url
	next.Path, next.RawPath, next.RawQuery, next.ForceQuery = to.Path, to.RawPath, to.RawQuery, to.ForceQuery
	r.url = &next
	return r, nil
}

// sameOrigin reports whether a URL is of the server that r is sent to, by its address or by
// the host that it was told.
func (r ownRequest) sameOrigin(to *url.URL) bool {
	if to.Scheme != r.url.Scheme {
		return false
	}
	if strings.EqualFold(to.Hostname(), r.url.Hostname()) && portOf(to) == portOf(r.url) {
		return true
	}
	told := &url.URL{Scheme: r.url.Scheme, Host: r.host}
	return strings.EqualFold(to.Hostname(), told.Hostname()) && (portOf(to) == portOf(told) || portOf(to) == portOf(r.url))
}

// shownPlace is a URL that can be printed: without a user, and without its query, which may
// hold secrets.
func shownPlace(u *url.URL) string {
	place := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	said := place.String()
	if u.RawQuery != "" {
		said += "?…"
	}
	return firstLine([]byte(said))
}

// movedError is the answer to a POST that leads elsewhere.
type movedError struct {
	status   int
	location string
}

// Error implements error.
func (m *movedError) Error() string { return fmt.Sprintf("redirected with HTTP status %d", m.status) }

func isMoved(err error) bool {
	_, moved := err.(*movedError) //nolint:errorlint // it is never wrapped
	return moved
}

// followPost returns err, of a POST that was sent by send, unless its answer redirects: then
// the POST is sent again, to where it leads.
func followPost(r *ownRequest, err error, send func(ownRequest) error) error {
	next := *r
	for hops := 0; ; hops++ {
		var moved *movedError
		if !errors.As(err, &moved) {
			return err
		}
		var refused error
		if next, refused = next.redirect(moved.status, moved.location, hops); refused != nil {
			return fmt.Errorf("%w: %w", ErrMessageFailed, refused) // the events go on
		}
		err = send(next)
	}
}
