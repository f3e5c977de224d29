package scenarios

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/spec"
)

// fromVariable reports whether text as written contains a variable without a default.
func fromVariable(written string) bool {
	for _, m := range spec.Variable.FindAllStringSubmatch(written, -1) {
		if m[1] != "" && m[2] == "" {
			return true
		}
	}
	return false
}

const outOfResults = "to keep it out of results"

// refuseSecrets reports literal secrets, because results contain the text of the scenario and of
// all included files.
func refuseSecrets(r *spec.Reader, root *yaml.Node) {
	for _, profile := range spec.Pairs(spec.Child(root, "profiles")) {
		refuseSecrets(r, profile.Value)
	}
	target := spec.Child(root, "target")
	switch {
	case target == nil:
	case target.Kind == yaml.ScalarNode:
		refuseURL(r, "target", target)
	default:
		for _, p := range spec.Pairs(target) {
			refuseIn(r, "target."+spec.Shorten(p.Key.Value), p.Key.Value, p.Value)
		}
	}
	steps := spec.Child(root, "steps")
	if steps == nil || steps.Kind != yaml.SequenceNode {
		return
	}
	for _, item := range steps.Content {
		if n := spec.Child(item, "authenticate"); n != nil && !anyFromVariable(r, n) {
			r.Problem(n, "steps.authenticate", ": found text without a variable; expected the secret as ${NAME}, or {{.Row.NAME}} of rows, %s", outOfResults)
		}
	}
}

func refuseIn(r *spec.Reader, path, key string, n *yaml.Node) {
	switch key {
	case "headers", "cookies", "query":
		for _, p := range entriesOf(n) {
			if key == "cookies" || Secretive(p.Key.Value) {
				refuseText(r, path+"."+spec.Shorten(p.Key.Value), p.Value)
			}
		}
	case "stats":
		if u := spec.Child(n, "prometheus"); u != nil {
			refuseURL(r, path+".prometheus", u)
		}
	default:
		if n.Kind == yaml.ScalarNode {
			refuseURL(r, path, n)
		}
		for _, key := range []string{"url", "post"} {
			if u := spec.Child(n, key); u != nil {
				refuseURL(r, path+"."+key, u)
			}
		}
		refuseSubprotocols(r, path+".subprotocols", spec.Child(n, "subprotocols"))
	}
}

// variableInstead says how to give a secret, in a file or on the command line.
func variableInstead(r *spec.Reader, n *yaml.Node) string {
	if r.IsFlag(n) {
		return "single quotes and ${NAME}, such as 'Authorization: Bearer ${TOKEN}', because other users can see the command line"
	}
	return "${NAME}, an environment variable, " + outOfResults
}

func refuseText(r *spec.Reader, path string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Value != "" && !spec.IsNull(n) && !r.Broken(n) && !fromVariable(r.Text(n)) {
		r.Problem(n, path, ": found a literal secret; expected %s", variableInstead(r, n))
	}
}

var (
	// bearerSubprotocol matches tokens in the form that Kubernetes accepts from browsers.
	bearerSubprotocol = regexp.MustCompile(`(?i)(^|\.)(bearer|authorization)\..*[A-Za-z0-9_-]{16,}`)
	// webToken matches JSON Web Tokens (RFC 7519).
	webToken = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)
)

// refuseSubprotocols reports tokens offered as subprotocols.
func refuseSubprotocols(r *spec.Reader, path string, n *yaml.Node) {
	if n == nil {
		return
	}
	for _, item := range append([]*yaml.Node{n}, n.Content...) {
		if item.Kind == yaml.ScalarNode && (bearerSubprotocol.MatchString(item.Value) || webToken.MatchString(item.Value)) {
			refuseText(r, path, item)
		}
	}
}

// refuseURL reports user information and secrets in the query of a URL.
func refuseURL(r *spec.Reader, path string, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || r.Broken(n) {
		return
	}
	written := r.Text(n)
	a, _ := cutWritten(written)
	if a.hasUser && !strings.HasSuffix(path, ".prometheus") { // which has its own check
		r.Problem(n, path, ": %s", UserFault(r.IsFlag(n)))
	}
	_, query := writtenParts(written)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if Secretive(name) && value != "" && !fromVariable(value) {
			r.Problem(n, path, ": found a literal secret in the query (%s); expected %s", spec.Shorten(name), variableInstead(r, n))
		}
	}
}

var fromRow = regexp.MustCompile(`\{\{\s*\.Row\.`)

// anyFromVariable reports whether a node contains a variable or a row.
func anyFromVariable(r *spec.Reader, n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return r.Broken(n) || fromVariable(r.Text(n)) || fromRow.MatchString(n.Value)
	}
	return slices.ContainsFunc(n.Content, func(n *yaml.Node) bool { return anyFromVariable(r, n) })
}

// entriesOf returns the names and single values of headers, cookies or a query, in all forms of
// pairs.
func entriesOf(n *yaml.Node) (out []spec.Pair) {
	if n != nil && n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			if item.Kind == yaml.MappingNode {
				out = append(out, entriesOf(item)...)
			}
		}
		return out
	}
	for _, p := range spec.Pairs(n) {
		if p.Value.Kind != yaml.SequenceNode {
			out = append(out, p)
			continue
		}
		for _, v := range p.Value.Content {
			out = append(out, spec.Pair{Key: p.Key, Value: v})
		}
	}
	return out
}
