package scenarios

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// A pairing defines the names and values of one kind of pairs.
type pairing struct {
	what   string // completes "no name of …"
	names  *regexp.Regexp
	values *regexp.Regexp
	folded bool // names are case-insensitive
	ours   []string
}

var (
	tokenForm  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_|~`-]{1,200}$")
	anyLine    = regexp.MustCompile(`^[^\x00-\x08\x0a-\x1f\x7f]*$`)
	cookieText = regexp.MustCompile(`^[!#-+--:<-\[\]-~]*$`)

	hostValue = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(:\d{1,5})?$`)

	headerPair = pairing{what: "a header", names: regexp.MustCompile("^(:authority|[A-Za-z0-9!#$%&'*+.^_|~`-]{1,200})$"), values: anyLine, folded: true, ours: []string{
		"connection", "upgrade", "content-length", "transfer-encoding", "te", "sec-websocket-key", "sec-websocket-version",
		"sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-protocol", "accept-encoding",
	}}
	cookiePair = pairing{what: "a cookie", names: tokenForm, values: cookieText}
	queryPair  = pairing{what: "a query", names: regexp.MustCompile(`^[^\x00-\x1f]{1,200}$`), values: anyLine}
)

// instead suggests the key for a header that rtbench sets.
var instead = map[string]string{
	"sec-websocket-protocol": "; did you mean subprotocols of websocket?", "sec-websocket-extensions": "; did you mean deflate of websocket?",
}

// pairs reads a mapping of names to values or lists of values, or a list of such mappings, which
// keeps the order. Messages do not contain values.
func pairs(into *[]Pair, of pairing) value {
	return value{shape: shape{texts: true}, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			of.mapping(r, path, n, into)
			return
		}
		if len(n.Content) == 0 {
			r.problem(n, "%s: empty list; expected names with values, such as [{topic: a}, {topic: b}]", path)
		}
		for _, item := range n.Content {
			of.mapping(r, path, item, into)
		}
	}}
}

func (of pairing) mapping(r *reader, path string, n *yaml.Node, into *[]Pair) {
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s: found %s; expected names with values, such as {X-Room: \"1\"}", path, r.kindOf(n))
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
			r.problem(key, "%s: found %s twice; expected each name once, with a list of values, such as {%s: [a, b]}", path, quote(key.Value), shorten(oneLine(key.Value)))
			continue
		}
		seen[name] = true
		of.listed(r, path, key, val, name, into)
	}
}

// listed reads the value of a name, or a list of its values.
func (of pairing) listed(r *reader, path string, key, val *yaml.Node, name string, into *[]Pair) {
	values := []*yaml.Node{val}
	if val.Kind == yaml.SequenceNode {
		if values = val.Content; len(values) == 0 {
			r.problem(val, "%s.%s: empty list; expected at least one value", path, shorten(oneLine(key.Value)))
		}
	}
	host := of.folded && IsHost(name)
	if host && (len(values) > 1 || r.keys[path+".host"] != nil) {
		r.problem(key, "%s.%s: a second host; expected one of Host and :authority", path, key.Value)
	}
	if host {
		name = "host"
	}
	for _, v := range values {
		if host && v.Kind == yaml.ScalarNode && !r.broken[v] && !hostValue.MatchString(v.Value) {
			r.problem(v, "%s.%s: invalid host; expected one such as api.example.org or api.example.org:8443", path, key.Value)
			continue
		}
		if of.valued(r, path+"."+shorten(oneLine(key.Value)), v) {
			r.keys[path+"."+name], r.values[path+"."+name] = key, v
			*into = append(*into, Pair{key.Value, v.Value})
		}
	}
}

// IsHost reports whether a header overrides the host of requests: Host, or :authority in HTTP/2
// and gRPC.
func IsHost(name string) bool {
	return strings.EqualFold(name, "Host") || strings.EqualFold(name, ":authority")
}

func (of pairing) named(r *reader, path string, key *yaml.Node, name string) bool {
	switch {
	case key.Kind == yaml.ScalarNode && strings.Contains(r.text(key), templateOpening):
		r.problem(key, "%s: %s", path, valueTemplate)
	case key.Kind != yaml.ScalarNode, !of.names.MatchString(key.Value):
		r.problem(key, "%s: found %s; expected the name of %s: letters, digits and -", path, describe(key), of.what)
	case slices.Contains(of.ours, name):
		r.problem(key, "%s: %s is set by rtbench; expected other names%s", path, quote(key.Value), instead[name])
	default:
		return true
	}
	return false
}

func (of pairing) valued(r *reader, path string, n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode, r.broken[n]:
	case n.Kind != yaml.ScalarNode, isNull(n):
		r.problem(n, "%s: found %s; expected a text", path, r.kindOf(n))
	case strings.Contains(r.text(n), templateOpening):
		r.problem(n, "%s: %s", path, valueTemplate)
	case !of.values.MatchString(n.Value), strings.ContainsFunc(strings.ReplaceAll(n.Value, "\t", ""), unicode.IsControl), len(n.Value) > maxVariable:
		r.problem(n, "%s: invalid value of %s; expected one line of text of at most %d bytes", path, of.what, maxVariable)
	default:
		return true
	}
	return false
}

// kindOf names a node without its text.
func (r *reader) kindOf(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		return "a text"
	}
	return describe(n)
}

// secret reads the source of a secret.
func secret(into *Secret) value {
	fields := []field{
		{"env", one(&into.Env, envText)},
		{"file", one(&into.File, fileName)},
		{"command", arguments(&into.Command)},
	}
	return value{shape: shape{fields: fields}, read: func(r *reader, path string, n *yaml.Node) {
		const expected = "expected its source: {env: NAME}, {file: token.txt} or {command: [pass, show, api]}"
		switch {
		case n.Kind == yaml.ScalarNode && !isNull(n):
			hint := ""
			if m := variable.FindStringSubmatch(r.text(n)); m != nil && m[1] != "" && m[0] == r.text(n) {
				hint = "; did you mean {env: " + m[1] + "}?"
			}
			r.problem(n, "%s: found a literal token; %s, %s%s", path, expected, outOfResults, hint)
		case n.Kind == yaml.MappingNode && len(n.Content) != 2:
			r.problem(n, "%s: found %d keys; %s", path, len(n.Content)/2, expected)
		default:
			r.mapping(path, n, fields)
		}
	}}
}

// arguments reads a command and its arguments.
func arguments(into *[]string) value {
	return value{shape: shape{scalar: text.allowed, onlyList: true}, read: func(r *reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.problem(n, "%s: found %s; expected a command and its arguments, such as [pass, show, api]", path, r.describe(n))
			return
		}
		for _, item := range n.Content {
			if s, ok := anyScalar.scalar(r, path, item); ok {
				*into = append(*into, s)
			}
		}
	}}
}
