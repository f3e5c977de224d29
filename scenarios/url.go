package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A urlSpec is how a URL of a server of the user's own is written for a protocol.
type urlSpec struct {
	protocol string
	schemes  []string // in cleartext, then with TLS
	example  string
}

// urlSpecs are the protocols that such a server may speak.
var urlSpecs = []urlSpec{
	{"websocket", []string{"ws", "wss"}, "wss://host/path"},
	{"sse", []string{"http", "https"}, "https://host/path"},
	{"sse-h2", []string{"http", "https"}, "https://host/path"},
	{"grpc", []string{"grpc", "grpcs"}, "grpcs://host/pkg.Service/Method"},
	{"tcp", []string{"tcp"}, "tcp://host:7000"},
}

func urlSpecOf(protocol string) urlSpec {
	for _, w := range urlSpecs {
		if w.protocol == protocol {
			return w
		}
	}
	return urlSpec{}
}

func customProtocols() []string {
	names := make([]string, len(urlSpecs))
	for i, w := range urlSpecs {
		names[i] = w.protocol
	}
	return names
}

// protocolOf is the first protocol that a scheme is of; empty where there is none.
func protocolOf(scheme string) string {
	for _, w := range urlSpecs {
		if slices.Contains(w.schemes, scheme) {
			return w.protocol
		}
	}
	return ""
}

// An address is a URL, cut. The zero value is of no URL.
type address struct {
	scheme, user, host, port, path, query string // a query without its ?
	hasUser, hasQuery, hasFragment        bool
}

var urlForm = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://(?:([^/?#]*)@)?(\[[0-9A-Fa-f:.]*\]|[^/?#:@\[\]]*)(?::([^/?#@]*))?(/[^?#]*)?(\?[^#]*)?(#.*)?$`)

func cutURL(text string) (a address, ok bool) {
	at := urlForm.FindStringSubmatchIndex(text)
	if at == nil {
		return address{}, false
	}
	part := func(i int) string {
		if at[2*i] < 0 {
			return ""
		}
		return text[at[2*i]:at[2*i+1]]
	}
	return address{
		scheme: strings.ToLower(part(1)), user: part(2), host: part(3), port: part(4), path: part(5), query: strings.TrimPrefix(part(6), "?"),
		hasUser: at[4] >= 0, hasQuery: at[12] >= 0, hasFragment: at[14] >= 0,
	}, true
}

func (a address) secure() bool {
	return slices.Contains([]string{"wss", "https", "grpcs"}, a.scheme)
}

// origin is scheme, host and port.
func (a address) origin() string {
	if a.port == "" {
		return a.scheme + "://" + a.host
	}
	return a.scheme + "://" + a.host + ":" + a.port
}

// loopback says whether the host is this machine by its very name.
func (a address) loopback() bool {
	host := strings.ToLower(strings.Trim(a.host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "::1" || loopbackForm.MatchString(host)
}

var (
	loopbackForm = regexp.MustCompile(`^127(\.\d{1,3}){3}$`)
	hostForm     = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	groupForm    = regexp.MustCompile(`^[0-9A-Fa-f]{1,4}$`)
	dottedForm   = regexp.MustCompile(`^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.|$)){4}$`)
	methodForm   = regexp.MustCompile(`^/[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/[A-Za-z_][A-Za-z0-9_]*$`)
	pathForm     = regexp.MustCompile(`^(%[0-9A-Fa-f]{2}|[A-Za-z0-9._~:/\[\]@!$&'()*+,;=-])*$`)
	queryForm    = regexp.MustCompile(`^(%[0-9A-Fa-f]{2}|[!-$&-~])*$`)
)

// urlFault says what is wrong with a URL of a protocol; empty: nothing. It repeats nothing
// of it that may be a secret.
func urlFault(w urlSpec, text string) string {
	a, ok := cutURL(text)
	schemes := strings.Join(w.schemes, " or ")
	switch {
	case isUnix(text):
		return noUnix
	case strings.Contains(text, templateOpening):
		return urlTemplate
	case a.hasUser, userForm.MatchString(text):
		return userFault
	case !ok || !slices.Contains(w.schemes, a.scheme):
		return schemeFault(w, a, ok)
	case !validHost(a.host):
		return fmt.Sprintf("no host after %s://; expected a URL such as %s", a.scheme, w.example)
	case a.port != "" && !validPort(a.port):
		return "a port that is none; expected a number from 1 to 65535"
	case a.hasFragment:
		return "a # in the URL; expected it without, nothing after it is sent to a server"
	case !pathForm.MatchString(a.path) || !queryForm.MatchString(a.query):
		return "a character that no URL has; expected it as %20 and the like"
	case w.protocol == "grpc" && (a.hasQuery || !methodForm.MatchString(a.path)):
		return fmt.Sprintf("no method in its path; expected %s://HOST/pkg.Service/Method, with no query", a.scheme)
	case w.protocol == "tcp" && (a.port == "" || a.path != "" || a.hasQuery):
		return fmt.Sprintf("more or less than host and port; expected %s://HOST:PORT", schemes)
	}
	return ""
}

// templateOpening begins a template action, which only messages, steps and bodies may have.
const templateOpening = "{{"

// What is wrong with a template in a URL, and in a value that is sent with each call.
const (
	urlTemplate   = "a template action ({{…}}), which only messages, steps and bodies have; expected a URL that is the same for every stream; if the server's own URL has braces, expected them as %7B%7B"
	valueTemplate = "a template action ({{…}}), which only messages, steps and bodies have; expected a text that is the same for every stream; a value that has braces can come from a variable, ${NAME}"
)

// userFault is what is wrong with an address that has a user.
const userFault = "a user or password in the URL; expected it without: credentials go under headers (Authorization: \"Basic ${NAME}\") or bearer of `api: custom`, or into RTBENCH_TOKEN with `api: guide`"

// userForm is a user before the host.
var userForm = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*@`)

// noUnix is what is wrong with the address of a unix socket.
const noUnix = "a unix socket, to which rtbench does not connect; expected a TCP address, such as that of `socat TCP-LISTEN:9000,fork UNIX-CONNECT:PATH`"

var unixForm = regexp.MustCompile(`(?i)^(([a-z]+\+)?unix(-abstract)?|(ws|wss|http|https|grpc|grpcs)://unix|unix\+[a-z]+):`)

// isUnix reports whether an address is that of a unix socket, in the ways of curl, gRPC, Docker
// and others.
func isUnix(address string) bool { return unixForm.MatchString(address) }

// AddressFault says what is wrong with an address that is of no use under any contract, of
// which it repeats nothing; empty if nothing is.
func AddressFault(address string) string {
	switch {
	case isUnix(address):
		return noUnix
	case strings.Contains(address, templateOpening):
		return urlTemplate
	case userForm.MatchString(address):
		return userFault
	case strings.ContainsFunc(address, func(c rune) bool { return c == unicode.ReplacementChar || unicode.IsControl(c) }):
		return "a control character in the address; expected one such as wss://host/path or 127.0.0.1:9000"
	}
	return ""
}

func schemeFault(w urlSpec, a address, isURL bool) string {
	expected := fmt.Sprintf("expected %s over %s, such as %s", strings.Join(w.schemes, " or "), w.protocol, w.example)
	if !isURL {
		return "no URL; " + expected
	}
	hint := ""
	if protocolOf(a.scheme) != "" { // of another protocol, and then perhaps only of another name
		meant := w.schemes[0]
		if a.secure() {
			meant = w.schemes[len(w.schemes)-1]
		}
		hint = fmt.Sprintf("; did you mean %s://, or the key %s?", meant, protocolOf(a.scheme))
		if w.protocol == "tcp" {
			hint = fmt.Sprintf("; did you mean the key %s?", protocolOf(a.scheme))
		}
	} else if near := nearestWord(a.scheme, w.schemes); near != "" {
		hint = fmt.Sprintf("; did you mean %s://?", near)
	}
	return "another scheme; " + expected + hint
}

func validHost(s string) bool {
	if inside, ok := strings.CutPrefix(s, "["); ok {
		return isIPv6(strings.TrimSuffix(inside, "]"))
	}
	return hostForm.MatchString(s)
}

// isIPv6 says whether a text is an address of IPv6 (RFC 4291, section 2.2), without a zone.
func isIPv6(s string) bool {
	head, tail, short := strings.Cut(s, "::")
	n := 0 // of 16 bits
	for part, text := range []string{head, tail} {
		if text == "" {
			continue
		}
		groups := strings.Split(text, ":")
		for i, g := range groups {
			switch {
			case groupForm.MatchString(g):
				n++
			case dottedForm.MatchString(g) && !strings.HasSuffix(g, ".") && i == len(groups)-1 && (part == 1 || !short):
				n += 2
			default:
				return false
			}
		}
	}
	return n == 8 && !short || n < 8 && short
}

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16 && strconv.Itoa(n) == s
}

var portForm = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:\[[0-9A-Fa-f:.]*\]|[^/?#:@\[\]]*):(\d+)(?:[/?#].*)?$`)

// withPort takes of addresses only those whose port there is.
func withPort(k kind[string]) kind[string] {
	wrong := func(s string) bool {
		m := portForm.FindStringSubmatch(s)
		return m != nil && !validPort(m[1])
	}
	parse, hint := k.parse, k.hint
	k.parse = func(s string) (string, bool) {
		v, ok := parse(s)
		return v, ok && !wrong(s)
	}
	k.hint = func(s string) string {
		if wrong(s) {
			return "; its port is none, expected a number from 1 to 65535"
		}
		if hint == nil {
			return ""
		}
		return hint(s)
	}
	return k
}

// masked is a text with an x for each letter of a variable, so that it can be cut as the URL
// that it becomes.
func masked(written string) string {
	return variable.ReplaceAllStringFunc(written, func(v string) string { return strings.Repeat("x", len(v)) })
}

// publicURL is a URL without what may be a secret in it: no user, of the query the names
// alone, and of a path what is written in the file, which names variables.
func publicURL(value, written string) string {
	a, ok := cutURL(value)
	if !ok {
		return ""
	}
	path, query := a.path, a.query
	if written != "" && written != value {
		path, query = writtenParts(written)
		if path == "" && a.path != "" && a.path != "/" {
			path = "/…"
		}
		if query == "" && a.query != "" {
			query = "…"
		}
	}
	if query != "" {
		path += "?" + publicQuery(query)
	}
	return a.origin() + path
}

// writtenParts are path and query of a URL with variables in it; empty where those hold
// more than that.
func writtenParts(written string) (path, query string) {
	at := urlForm.FindStringSubmatchIndex(masked(written))
	if at == nil {
		return "", ""
	}
	if at[10] >= 0 {
		path = written[at[10]:at[11]]
	}
	if at[12] >= 0 {
		query = written[at[12]+1 : at[13]]
	}
	return path, query
}

func publicQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, p := range pairs {
		if name, _, found := strings.Cut(p, "="); found {
			pairs[i] = name + "=…"
		} else {
			pairs[i] = "…"
		}
	}
	return strings.Join(pairs, "&")
}

// onlyCustom says whether a text is a URL that contract own could speak to and no other
// could.
func onlyCustom(text string) bool {
	a, ok := cutURL(text)
	return ok && protocolOf(a.scheme) != "" && (a.path != "" && a.path != "/" || a.hasQuery || a.scheme == "tcp")
}
