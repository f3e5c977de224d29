package har

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/traffic"
)

// addRequest adds the URL, and the headers and cookies that the server may need.
func (e *entry) addRequest(d *draft.Draft, target string) error {
	d.Protocol = "websocket"
	if e.stream {
		d.Protocol = "sse"
	}
	if err := e.addURL(d, target); err != nil {
		return err
	}
	e.addProtocols(d)
	e.addHeaders(d, target)
	return nil
}

// addURL adds the URL. Secrets in its path and its query become variables.
func (e *entry) addURL(d *draft.Draft, target string) error {
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Host == "" {
		return fmt.Errorf("found a URL of %d bytes that is invalid; expected one such as wss://host/path", len(e.Request.URL))
	}
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil && draft.IsSecret("", plain) {
			segments[i] = d.Secrets.Hide("PATH", "token", s)
			continue
		}
		segments[i] = escaped(s)
	}
	if path := strings.Join(segments, "/"); target != "" {
		d.URL = retarget(target, path)
	} else {
		d.URL = e.scheme + "://" + u.Host + path
	}
	if fault := scenarios.AddressFault(d.URL, false); fault != "" || !scenarios.IsHostPort(u.Host) {
		return errors.New("found a URL with the host " + draft.Printable(u.Host) + "; expected one such as wss://host/path")
	}
	e.addQuery(d, u.RawQuery)
	if _, has := find(e.Request.Headers, "Authorization"); u.User != nil && !has {
		d.AddTarget("headers", "", draft.Key{Name: "Authorization", Value: draft.Text("Basic " + d.Secrets.Hide("BASIC", "credentials", u.User.String()))})
	}
	return nil
}

// addQuery adds the query to the URL, except secrets, which have variables.
func (e *entry) addQuery(d *draft.Draft, query string) {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		secret := draft.IsSecret(name, value)
		switch {
		case pair == "":
		case err1 != nil || err2 != nil || secret && !nameForm.MatchString(name):
			d.Note("left out: a parameter of the query that is not encoded as usual")
		case secret:
			d.AddTarget("query", "", draft.Key{Name: name, Value: draft.Text(d.Secrets.Hide("QUERY", name, value))})
		default:
			kept = append(kept, escaped(pair))
		}
	}
	if len(kept) > 0 {
		d.URL += "?" + strings.Join(kept, "&")
	}
}

// notInURL matches the bytes that the URL of a scenario has escaped.
var notInURL = lazyregexp.New(`[^A-Za-z0-9._~:/\[\]@!&'()*+,;=%?-]|%[^0-9A-Fa-f]|%.[^0-9A-Fa-f]|%.?$`)

// escaped returns a part of a URL with all other bytes escaped, so that it has neither variables nor
// templates.
func escaped(part string) string {
	return notInURL.ReplaceAllStringFunc(part, func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
		return b.String()
	})
}

// retarget returns target, with the path of the recording if it has none.
func retarget(target, path string) string {
	if u, err := url.Parse(target); err == nil && (u.Path == "" || u.Path == "/") && u.RawQuery == "" {
		return strings.TrimSuffix(target, "/") + path
	}
	return target
}

// Methods of HTTP.
const (
	get  = "GET"
	post = "POST"
)

// addProtocols adds the subprotocols and the compression of a WebSocket, and the method and body of an
// event stream.
func (e *entry) addProtocols(d *draft.Draft) {
	if e.stream {
		if e.Request.Method != "" && e.Request.Method != get && methodForm.MatchString(e.Request.Method) {
			d.Endpoint = append(d.Endpoint, draft.Key{Name: "method", Value: draft.Plain(e.Request.Method)})
			if e.Request.Body.Text != "" {
				d.Endpoint = append(d.Endpoint, draft.Key{Name: "body", Value: draft.Text(traffic.Template(d, e.Request.Body.Text, e.started()))})
			}
		}
		return
	}
	if offered, ok := find(e.Request.Headers, "Sec-WebSocket-Protocol"); ok {
		var list []draft.Value
		var seen []string
		for _, name := range strings.Split(offered, ",") {
			if name = strings.TrimSpace(name); !tokenForm.MatchString(name) || slices.Contains(seen, name) {
				continue
			}
			seen = append(seen, name)
			if draft.IsSecret("", name) || bearerForm.MatchString(name) {
				list = append(list, draft.Text(d.Secrets.Hide("SUBPROTOCOL", "token", name)))
			} else {
				list = append(list, draft.Text(draft.Literal(name)))
			}
		}
		if len(list) > 0 {
			d.Endpoint = append(d.Endpoint, draft.Key{Name: "subprotocols", Value: draft.List(list...)})
		}
	}
	agreed, _ := find(e.Response.Headers, "Sec-WebSocket-Extensions")
	switch {
	case !strings.Contains(agreed, "permessage-deflate"):
	case strings.Contains(agreed, "client_no_context_takeover"):
		d.Endpoint = append(d.Endpoint, draft.Key{Name: "deflate", Value: draft.Plain("each"), Comment: "as the browser and the server agreed"})
	default:
		d.Endpoint = append(d.Endpoint, draft.Key{Name: "deflate", Value: draft.Plain("takeover"), Comment: "as the browser and the server agreed"})
	}
}

var (
	nameForm   = lazyregexp.New(`^[A-Za-z0-9._~-]{1,100}$`)
	methodForm = lazyregexp.New(`^[A-Z]{1,20}$`)
	tokenForm  = lazyregexp.New("^[A-Za-z0-9!#$%&'*+.^_|~`-]+$")
	bearerForm = lazyregexp.New(`(?i)(bearer|authorization|token)\..*[A-Za-z0-9_-]{8,}`)
	valueForm  = lazyregexp.New(`^[\x20-\x7e]*$`)
	noise      = lazyregexp.New(`(?i)^(:.*|host|upgrade|connection|content-length|content-type|user-agent|accept|accept-.*|cache-control|pragma|referer|dnt|priority|te|sec-.*|if-.*|x-client-data|last-event-id|cookie|authorization|transfer-encoding|keep-alive|proxy-.*|upgrade-insecure-requests)$`)
)

// addHeaders adds headers that are not the browser's own, cookies and credentials.
func (e *entry) addHeaders(d *draft.Draft, target string) {
	for _, h := range e.Request.Headers {
		body := strings.EqualFold(h.Name, "content-type") && e.stream && e.Request.Body.Text != ""
		switch {
		case !tokenForm.MatchString(h.Name) || !valueForm.MatchString(h.Value) || h.Value == "":
		case strings.EqualFold(h.Name, "authorization"):
			e.addAuthorization(d, h.Value)
		case noise.MatchString(h.Name) && !body || strings.Contains(h.Value, "{{"):
		case draft.IsSecret(h.Name, h.Value):
			d.AddTarget("headers", "", draft.Key{Name: h.Name, Value: draft.Text(d.Secrets.Hide("HEADER", h.Name, h.Value))})
		default:
			if strings.EqualFold(h.Name, "origin") {
				h.Value = e.originFor(target, h.Value)
			}
			d.AddTarget("headers", "", draft.Key{Name: h.Name, Value: draft.Text(draft.Literal(h.Value))})
		}
	}
	e.addCookies(d)
}

// originFor returns the header Origin: that of the target if the page was of the same host as the
// recorded server.
func (e *entry) originFor(target, origin string) string {
	of, err1 := url.Parse(origin)
	recorded, err2 := url.Parse(e.Request.URL)
	to, err3 := url.Parse(target)
	if target == "" || err1 != nil || err2 != nil || err3 != nil || of.Host != recorded.Host {
		return origin
	}
	return strings.Replace(to.Scheme, "ws", "http", 1) + "://" + to.Host
}

// addAuthorization adds credentials; a bearer token has its own key.
func (e *entry) addAuthorization(d *draft.Draft, value string) {
	if d.HasTarget("bearer") {
		return
	}
	scheme, rest, _ := strings.Cut(value, " ")
	header := ""
	switch {
	case strings.EqualFold(scheme, "bearer") && rest != "":
		name := strings.Trim(d.Secrets.Hide("BEARER", "token", rest), "${}")
		d.AddTarget("bearer", "", draft.Key{Name: "env", Value: draft.Text(name)})
		return
	case strings.EqualFold(scheme, "basic") && rest != "":
		header = "Basic " + d.Secrets.Hide("BASIC", "credentials", rest)
	default:
		header = d.Secrets.Hide("HEADER", "authorization", value)
	}
	d.AddTarget("headers", "", draft.Key{Name: "Authorization", Value: draft.Text(header)})
}

// addCookies adds all cookies, without their values.
func (e *entry) addCookies(d *draft.Draft) {
	add := func(name, value string) {
		if tokenForm.MatchString(name) && value != "" {
			d.AddTarget("cookies", "", draft.Key{Name: name, Value: draft.Text(d.Secrets.Hide("COOKIE", name, value))})
		}
	}
	for _, h := range e.Request.Headers {
		if strings.EqualFold(h.Name, "cookie") {
			for pair := range strings.SplitSeq(h.Value, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				add(name, value)
			}
		}
	}
	for _, c := range e.Request.Cookies {
		add(c.Name, c.Value)
	}
}
