package scenarios

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// fromVariable reports whether text as written contains a variable without a default.
func fromVariable(written string) bool {
	for _, m := range variable.FindAllStringSubmatch(written, -1) {
		if m[1] != "" && m[2] == "" {
			return true
		}
	}
	return false
}

// secretKeys are the keys that may contain secrets.
var secretKeys = []string{"target", "steps", "messages", "path"}

const outOfResults = "to keep it out of results"

// refuseSecrets reports literal secrets, because results contain the text of the scenario and of
// all included files.
func (r *reader) refuseSecrets(root *yaml.Node) {
	for _, profile := range pairsOf(child(root, "profiles")) {
		r.refuseSecrets(profile.value)
	}
	target := child(root, "target")
	switch {
	case target == nil:
	case target.Kind == yaml.ScalarNode:
		r.refuseURL("target", target)
	default:
		for _, p := range pairsOf(target) {
			r.refuseIn("target."+shorten(oneLine(p.key.Value)), p.key.Value, p.value)
		}
	}
	steps := child(root, "steps")
	if steps == nil || steps.Kind != yaml.SequenceNode {
		return
	}
	for _, item := range steps.Content {
		if n := child(item, "authenticate"); n != nil && !r.anyFromVariable(n) {
			r.problem(n, "steps.authenticate: found text without a variable; expected the secret as ${NAME}, or {{.Row.NAME}} of rows, %s", outOfResults)
		}
	}
}

func (r *reader) refuseIn(path, key string, n *yaml.Node) {
	switch key {
	case "headers", "cookies", "query":
		for _, p := range entriesOf(n) {
			if key == "cookies" || sensitive(p.key.Value) {
				r.refuseText(path+"."+shorten(oneLine(p.key.Value)), p.value)
			}
		}
	case "stats":
		if u := child(n, "prometheus"); u != nil {
			r.refuseURL(path+".prometheus", u)
		}
	default:
		if n.Kind == yaml.ScalarNode {
			r.refuseURL(path, n)
		}
		for _, key := range []string{"url", "post"} {
			if u := child(n, key); u != nil {
				r.refuseURL(path+"."+key, u)
			}
		}
		r.refuseSubprotocols(path+".subprotocols", child(n, "subprotocols"))
	}
}

func (r *reader) refuseText(path string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Value != "" && !isNull(n) && !r.broken[n] && !fromVariable(r.text(n)) {
		r.problem(n, "%s: found a literal secret; expected ${NAME}, an environment variable, %s", path, outOfResults)
	}
}

var (
	// bearerSubprotocol matches tokens in the form that Kubernetes accepts from browsers.
	bearerSubprotocol = regexp.MustCompile(`(?i)(^|\.)(bearer|authorization)\..*[A-Za-z0-9_-]{16,}`)
	// webToken matches JSON Web Tokens (RFC 7519).
	webToken = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)
)

// refuseSubprotocols reports tokens offered as subprotocols.
func (r *reader) refuseSubprotocols(path string, n *yaml.Node) {
	if n == nil {
		return
	}
	for _, item := range append([]*yaml.Node{n}, n.Content...) {
		if item.Kind == yaml.ScalarNode && (bearerSubprotocol.MatchString(item.Value) || webToken.MatchString(item.Value)) {
			r.refuseText(path, item)
		}
	}
}

// refuseURL reports user information and secrets in the query of a URL.
func (r *reader) refuseURL(path string, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || r.broken[n] {
		return
	}
	written := r.text(n)
	a, _ := cutWritten(written)
	if a.hasUser && !strings.HasSuffix(path, ".prometheus") { // which has its own check
		r.problem(n, "%s: %s", path, userFault)
	}
	_, query := writtenParts(written)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if sensitive(name) && value != "" && !fromVariable(value) {
			r.problem(n, "%s: found a literal secret in the query (%s); expected ${NAME}, an environment variable, %s", path, shorten(oneLine(name)), outOfResults)
		}
	}
}

var fromRow = regexp.MustCompile(`\{\{\s*\.Row\.`)

// anyFromVariable reports whether a node contains a variable or a row.
func (r *reader) anyFromVariable(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return r.broken[n] || fromVariable(r.text(n)) || fromRow.MatchString(n.Value)
	}
	return slices.ContainsFunc(n.Content, r.anyFromVariable)
}

// A keyed is a key of a mapping with its value.
type keyed struct{ key, value *yaml.Node }

// pairsOf returns the scalar keys of a mapping with their values; nil for other nodes.
func pairsOf(n *yaml.Node) []keyed {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var out []keyed
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode {
			out = append(out, keyed{n.Content[i], n.Content[i+1]})
		}
	}
	return out
}

// entriesOf returns the names and single values of headers, cookies or a query, in all forms of
// pairs.
func entriesOf(n *yaml.Node) (out []keyed) {
	if n != nil && n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			if item.Kind == yaml.MappingNode {
				out = append(out, entriesOf(item)...)
			}
		}
		return out
	}
	for _, p := range pairsOf(n) {
		if p.value.Kind != yaml.SequenceNode {
			out = append(out, p)
			continue
		}
		for _, v := range p.value.Content {
			out = append(out, keyed{p.key, v})
		}
	}
	return out
}
