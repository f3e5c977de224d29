package scenarios

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rtbench/internal/lazyregexp"
	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// customProtocols lists the protocols of custom targets, the floor last.
var customProtocols = slices.DeleteFunc(append(slices.Clone(proto.Protocols[1:]), proto.Protocols[0]), func(p proto.Protocol) bool { return len(p.Schemes) == 0 })

// customProtocol returns a protocol of custom targets by its name; the zero Protocol if it is none.
func customProtocol(name string) proto.Protocol {
	p, _ := proto.ProtocolByName(name)
	if len(p.Schemes) == 0 {
		return proto.Protocol{}
	}
	return p
}

// protocolOf returns the first protocol of a scheme; empty if none.
func protocolOf(scheme string) string { return proto.SchemeByName(scheme).Protocol }

// An address holds the parts of a URL. The zero value is not a URL.
type address struct {
	scheme, host, port, path, query string // path and query as written, query without ?
	hasUser, hasQuery, hasFragment  bool
	pathAt                          int // offset of the path
}

// cutURL splits a URL with scheme and authority. ok is false if it cannot be parsed.
func cutURL(text string) (a address, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || !strings.HasPrefix(text[len(u.Scheme):], "://") {
		return address{}, false
	}
	a = address{scheme: u.Scheme, port: u.Port(), hasUser: u.User != nil}
	a.host = strings.TrimSuffix(strings.TrimSuffix(u.Host, a.port), ":") // u.Hostname drops brackets
	// net/url decodes these; they are sent as they are.
	sent, _, hasFragment := strings.Cut(text, "#")
	hierarchy, query, hasQuery := strings.Cut(sent, "?")
	a.query, a.hasQuery, a.hasFragment = query, hasQuery, hasFragment
	a.pathAt = len(hierarchy)
	if i := strings.IndexByte(hierarchy[len(u.Scheme)+3:], '/'); i >= 0 {
		a.pathAt = len(u.Scheme) + 3 + i
	}
	a.path = hierarchy[a.pathAt:]
	return a, true
}

func (a address) secure() bool {
	return proto.SchemeByName(a.scheme).TLS
}

// origin returns scheme, host and port.
func (a address) origin() string {
	if a.port == "" {
		return a.scheme + "://" + a.host
	}
	return a.scheme + "://" + a.host + ":" + a.port
}

// loopback reports whether the host is a loopback address or name.
func (a address) loopback() bool {
	host := strings.ToLower(strings.Trim(a.host, "[]"))
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

var (
	hostForm   = lazyregexp.New(`^[A-Za-z0-9._~-]+$`)
	methodForm = lazyregexp.New(`^/[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/[A-Za-z_][A-Za-z0-9_]*$`)
	pathForm   = lazyregexp.New(`^(%[0-9A-Fa-f]{2}|[A-Za-z0-9._~:/\[\]@!$&'()*+,;=-])*$`)
	queryForm  = lazyregexp.New(`^(%[0-9A-Fa-f]{2}|[!-$&-~])*$`)
)

// urlFault returns the error in a URL of a protocol; empty if none. It does not quote
// parts that may be secret.
func urlFault(w proto.Protocol, text string) string {
	a, ok := cutURL(text)
	schemes := strings.Join(proto.SchemeNames(w), " or ")
	switch {
	case AddressFault(text, false) != "":
		return AddressFault(text, false)
	case !ok || !slices.Contains(proto.SchemeNames(w), a.scheme):
		return schemeFault(w, a, ok)
	case !validHost(a.host):
		return fmt.Sprintf("missing host after %s://; expected a URL such as %s", a.scheme, w.Example)
	case a.hasFragment:
		return "found # in the URL; expected none, because fragments are not sent"
	case !pathForm.MatchString(a.path) || !queryForm.MatchString(a.query):
		return "invalid character in the URL; expected it escaped, such as %20"
	case w.Name == "grpc" && (a.hasQuery || !methodForm.MatchString(a.path)):
		return fmt.Sprintf("missing gRPC method; expected %s://HOST/pkg.Service/Method without a query", a.scheme)
	case w.Name == "mqtt" && a.hasQuery:
		return "found a query in the URL; expected none, because MQTT has topics: " + w.Example
	case w.Name == "tcp" && (a.port == "" || a.path != "" || a.hasQuery):
		return fmt.Sprintf("found more or less than host and port; expected %s://HOST:PORT", schemes)
	}
	return ""
}

// templateOpening starts a template action, which only messages, steps and bodies support.
const templateOpening = "{{"

// Errors for templates in URLs and in other constant values.
const (
	urlTemplate   = "found a template action ({{…}}), which only messages, steps and bodies support; expected a constant URL, with literal braces as %7B%7B"
	valueTemplate = "found a template action ({{…}}), which only messages, steps and bodies support; expected constant text, with literal braces in a variable, ${NAME}"
)

// userFault is the error for user information in an address.
const userFault = "found user information in the URL; expected credentials under headers (Authorization: \"Basic ${NAME}\") or bearer of `api: custom`, or in RTBENCH_TOKEN with `api: guide`"

// mqttUserFault is userFault for MQTT, which has no headers.
const mqttUserFault = "found user information in the URL; expected user and password under target.mqtt, or bearer (--bearer-env VARIABLE)"

// userFaultOf returns the error for user information in an address, of a file or a flag.
func userFaultOf(address string, flag bool) string {
	switch {
	case mqttForm.MatchString(address):
		return mqttUserFault
	case flag:
		return "found user information in the URL; expected credentials in -H 'Authorization: Basic ${NAME}' or --bearer-env VARIABLE, or in RTBENCH_TOKEN with --api guide"
	}
	return userFault
}

// mqttForm matches the schemes of MQTT.
var mqttForm = lazyregexp.New(`(?i)^mqtts?://`)

// userForm matches user information before the host.
var userForm = lazyregexp.New(`^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*@`)

const portFault = "invalid port; expected a number from 1 to 65535"

// noUnix is the error for the address of a unix socket.
const noUnix = "unix sockets are not supported; expected a TCP address, such as that of `socat TCP-LISTEN:9000,fork UNIX-CONNECT:PATH`"

// unixForm matches unix sockets in the syntax of curl, gRPC, Docker and others.
var unixForm = lazyregexp.New(`(?i)^(([a-z]+\+)?unix(-abstract)?|(ws|wss|http|https|grpc|grpcs|mqtt|mqtts)://unix|unix\+[a-z]+):`)

// AddressFault returns the error in an address of a file or a flag for any API; empty if none. It
// does not quote the address.
func AddressFault(address string, flag bool) string {
	switch {
	case unixForm.MatchString(address):
		return noUnix
	case strings.Contains(address, templateOpening):
		return urlTemplate
	case userForm.MatchString(address):
		return userFaultOf(address, flag)
	case strings.ContainsFunc(address, func(c rune) bool { return c == unicode.ReplacementChar || unicode.IsControl(c) }):
		return "control character in the address; expected one such as wss://host/path or 127.0.0.1:9000"
	case wrongPort(address):
		return portFault
	}
	return ""
}

func schemeFault(w proto.Protocol, a address, isURL bool) string {
	schemes := proto.SchemeNames(w)
	expected := fmt.Sprintf("expected %s over %s, such as %s", strings.Join(schemes, " or "), w.Name, w.Example)
	if !isURL {
		return "not a URL; " + expected
	}
	hint := ""
	if protocolOf(a.scheme) != "" { // scheme of another protocol, which may be meant
		meant := schemes[0]
		if a.secure() {
			meant = schemes[len(schemes)-1]
		}
		hint = fmt.Sprintf("; did you mean %s://, or the key %s?", meant, protocolOf(a.scheme))
		if w.Name == "tcp" {
			hint = fmt.Sprintf("; did you mean the key %s?", protocolOf(a.scheme))
		}
	} else if near := spec.NearestWord(a.scheme, schemes...); near != "" {
		hint = fmt.Sprintf("; did you mean %s://?", near)
	}
	return "unsupported scheme; " + expected + hint
}

func validHost(s string) bool {
	if inside, ok := strings.CutPrefix(s, "["); ok {
		return isIPv6(strings.TrimSuffix(inside, "]"))
	}
	return hostForm.MatchString(s)
}

// isIPv6 reports whether s is an IPv6 address without a zone.
func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

var hostPort = lazyregexp.New(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(:\d{1,5})?$`)

// IsHostPort reports whether text is a host, perhaps with a port.
func IsHostPort(text string) bool { return hostPort.MatchString(text) }

func validPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0 && n < 1<<16 && strconv.Itoa(n) == s
}

var portForm = lazyregexp.New(`^(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:\[[0-9A-Fa-f:.]*\]|[^/?#:@\[\]]*):([^/?#@]+)(?:[/?#].*)?$`)

// wrongPort reports whether an address has an invalid port.
func wrongPort(address string) bool {
	m := portForm.FindStringSubmatch(address)
	return m != nil && !validPort(m[1])
}

// withPort restricts addresses to valid ports.
func withPort(k spec.Kind[string]) spec.Kind[string] {
	parse, hint := k.Parse, k.Hint
	k.Parse = func(s string) (string, bool) {
		v, ok := parse(s)
		return v, ok && !wrongPort(s)
	}
	k.Hint = func(s string) string {
		if wrongPort(s) {
			return "; did you mean a port from 1 to 65535?"
		}
		if hint == nil {
			return ""
		}
		return hint(s)
	}
	return k
}

// OnlyCustom reports whether text is a URL that only custom targets support: it has a path, a query
// or a scheme of tcp or mqtt.
func OnlyCustom(text string) bool {
	a, ok := cutURL(text)
	return ok && protocolOf(a.scheme) != "" && (a.path != "" && a.path != "/" || a.hasQuery || a.scheme == "tcp" || protocolOf(a.scheme) == "mqtt")
}
