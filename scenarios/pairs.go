package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/spec"
)

// A pairing defines the names and values of one kind of pairs.
type pairing struct {
	what   string // completes "no name of …"
	names  *lazyregexp.Regexp
	values *lazyregexp.Regexp
	folded bool // names are case-insensitive
	ours   []string
}

var (
	tokenForm  = lazyregexp.New("^[A-Za-z0-9!#$%&'*+.^_|~`-]{1,200}$")
	anyLine    = lazyregexp.New(`^[^\x00-\x08\x0a-\x1f\x7f]*$`)
	cookieText = lazyregexp.New(`^[!#-+--:<-\[\]-~]*$`)

	headerPair = pairing{what: "a header", names: lazyregexp.New("^(:authority|[A-Za-z0-9!#$%&'*+.^_|~`-]{1,200})$"), values: anyLine, folded: true, ours: []string{
		"connection", "upgrade", "content-length", "transfer-encoding", "te", "sec-websocket-key", "sec-websocket-version",
		"sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-protocol", "accept-encoding",
	}}
	cookiePair  = pairing{what: "a cookie", names: tokenForm, values: cookieText}
	resolvePair = pairing{what: "a host", names: lazyregexp.New(`^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`), values: anyLine, folded: true}
	queryPair   = pairing{what: "a query", names: lazyregexp.New(`^[^\x00-\x1f]{1,200}$`), values: anyLine}
)

// instead suggests the key for a header that rtbench sets.
var instead = map[string]string{
	"sec-websocket-protocol": "; did you mean subprotocols of websocket?", "sec-websocket-extensions": "; did you mean deflate of websocket?",
}

// pairs reads a mapping of names to values or lists of values, or a list of such mappings, which
// keeps the order. Messages do not contain values.
func pairs(into *[]Pair, of pairing) spec.Value {
	return spec.Value{Shape: spec.Shape{Texts: true}, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		items := spec.Elements(n)
		if len(items) == 0 {
			r.Problem(n, path, ": empty list; expected names with values, such as [{topic: a}, {topic: b}]")
		}
		for _, item := range items {
			of.mapping(r, path, item, into)
		}
	}}
}

func (of pairing) mapping(r *spec.Reader, path string, n *yaml.Node, into *[]Pair) {
	if n.Kind != yaml.MappingNode {
		r.Problem(n, path, ": found %s; expected names with values, such as {X-Room: \"1\"}", kindOf(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		name := key.Value
		if of.folded {
			name = strings.ToLower(name)
		}
		if !of.named(r, path, key, name) {
			continue
		}
		if seen[name] {
			r.Problem(key, path, ": found %s twice; expected each name once, with a list of values, such as {%s: [a, b]}", spec.Quote(key.Value), spec.Shorten(key.Value))
			continue
		}
		seen[name] = true
		of.listed(r, path, key, val, name, into)
	}
}

// listed reads the value of a name, or a list of its values.
func (of pairing) listed(r *spec.Reader, path string, key, val *yaml.Node, name string, into *[]Pair) {
	values := spec.Elements(val)
	if len(values) == 0 {
		r.Problem(val, path, ".%s: empty list; expected at least one value", spec.Shorten(key.Value))
	}
	host := of.folded && IsHost(name)
	if host && (len(values) > 1 || r.Has(path+".host")) {
		r.Problem(key, path, ".%s: a second host; expected one of Host and :authority", key.Value)
	}
	if host {
		name = "host"
	}
	for _, v := range values {
		if host && v.Kind == yaml.ScalarNode && !r.Broken(v) && !IsHostPort(v.Value) {
			r.Problem(v, path, ".%s: invalid host; expected one such as api.example.org or api.example.org:8443", key.Value)
			continue
		}
		if of.valued(r, path+"."+spec.Shorten(key.Value), v) {
			r.Note(path+"."+name, key, v)
			*into = append(*into, Pair{key.Value, v.Value})
		}
	}
}

// IsHost reports whether a header overrides the host of requests: Host, or :authority in HTTP/2
// and gRPC.
func IsHost(name string) bool {
	return strings.EqualFold(name, "Host") || strings.EqualFold(name, ":authority")
}

func (of pairing) named(r *spec.Reader, path string, key *yaml.Node, name string) bool {
	switch {
	case key.Kind == yaml.ScalarNode && strings.Contains(r.Text(key), templateOpening):
		r.Problem(key, path, ": %s", valueTemplate)
	case key.Kind != yaml.ScalarNode, !of.names.MatchString(key.Value):
		r.Problem(key, path, ": found %s; expected the name of %s: letters, digits and -", spec.Describe(key), of.what)
	case slices.Contains(of.ours, name):
		r.Problem(key, path, ": %s is set by rtbench; expected other names%s", spec.Quote(key.Value), instead[name])
	default:
		return true
	}
	return false
}

// valued reports whether a value is valid.
func (of pairing) valued(r *spec.Reader, path string, n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode && strings.Contains(r.Text(n), templateOpening) {
		r.Problem(n, path, ": %s", valueTemplate)
		return false
	}
	_, ok := spec.Kind[string]{
		Expected: fmt.Sprintf("one line of text of at most %d bytes", spec.MaxVariable), Hidden: true,
		Parse: func(s string) (string, bool) {
			plain := !strings.ContainsFunc(strings.ReplaceAll(s, "\t", ""), unicode.IsControl)
			return s, plain && of.values.MatchString(s) && len(s) <= spec.MaxVariable
		},
	}.Scalar(r, path, n)
	return ok
}

// kindOf names a node without its text.
func kindOf(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && !spec.IsNull(n) {
		return "a text"
	}
	return spec.Describe(n)
}

// value reads the source of a secret. The names of its flags begin with prefix, and of completes "the bearer token".
func (s *Secret) value(prefix, of string) spec.Value {
	const expected = "expected its source: {env: NAME}, {file: token.txt} or {command: [pass, show, api]}"
	v := spec.OneKey(expected, spec.Section(
		spec.Key{Name: "env", Value: spec.One(&s.Env, envText), Example: "API_TOKEN", Flag: spec.Flag{Name: prefix + "bearer-env", Usage: "read the bearer token" + of + " from environment `VARIABLE`", Not: prefix + "bearer-file"}, Doc: "Environment variable."},
		spec.Key{Name: "file", Value: spec.One(&s.File, fileName), Example: "# token.txt", Flag: spec.Flag{Name: prefix + "bearer-file", Usage: "read the bearer token" + of + " from `FILE`, again for each connection"}, Doc: "File; surrounding white space is trimmed."},
		spec.Key{Name: "command", Value: arguments(&s.Command), Example: "# [pass, show, api]", Doc: "Command and arguments; surrounding white space of its output is trimmed."},
	))
	read := v.Read
	v.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || spec.IsNull(n) {
			read(r, path, n)
			return
		}
		hint := ""
		if m := spec.Variable.FindStringSubmatch(r.Text(n)); m != nil && m[1] != "" && m[0] == r.Text(n) {
			hint = "; did you mean {env: " + m[1] + "}?"
		}
		r.Problem(n, path, ": found a literal token; %s, %s%s", expected, outOfResults, hint)
	}
	return v
}

// arguments reads a command and its arguments.
func arguments(into *[]string) spec.Value {
	return spec.Items(into, "a command and its arguments, such as [pass, show, api]", func(s *string) spec.Value { return spec.One(s, anyScalar) })
}
