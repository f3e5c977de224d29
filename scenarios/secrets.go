package scenarios

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/internal/lazyregexp"
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
func refuseSecrets(r *spec.Reader, root *yaml.Node) { r.CheckLiterals("", root, schema()) }

// refusePairs returns the check of headers, cookies or a query: of the values whose names are secret.
func refusePairs(secret func(name string) bool) func(*spec.Reader, string, *yaml.Node) {
	return func(r *spec.Reader, path string, n *yaml.Node) {
		for _, item := range spec.Elements(n) {
			for _, p := range spec.Pairs(item) {
				for _, value := range spec.Elements(p.Value) {
					if secret(p.Key.Value) {
						refuseText(r, path+"."+spec.Shorten(p.Key.Value), value)
					}
				}
			}
		}
	}
}

// refuseLogin reports messages for authentication without a variable or a row.
func refuseLogin(r *spec.Reader, path string, n *yaml.Node) {
	if !anyFromVariable(r, n) {
		r.Problem(n, path, ": found text without a variable; expected the secret as ${NAME}, or {{.Row.NAME}} of rows, %s", outOfResults)
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
	bearerSubprotocol = lazyregexp.New(`(?i)(^|\.)(bearer|authorization)\..*[A-Za-z0-9_-]{16,}`)
	// webToken matches JSON Web Tokens (RFC 7519).
	webToken = lazyregexp.New(`^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)
)

// refuseSubprotocols reports tokens offered as subprotocols.
func refuseSubprotocols(r *spec.Reader, path string, n *yaml.Node) {
	for _, item := range spec.Elements(n) {
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
		r.Problem(n, path, ": %s", userFaultOf(written, r.IsFlag(n)))
	}
	_, query := writtenParts(written)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if Secretive(name) && value != "" && !fromVariable(value) {
			r.Problem(n, path, ": found a literal secret in the query (%s); expected %s", spec.Shorten(name), variableInstead(r, n))
		}
	}
}

var fromRow = lazyregexp.New(`\{\{\s*\.Row\.`)

// anyFromVariable reports whether a node contains a variable or a row.
func anyFromVariable(r *spec.Reader, n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return r.Broken(n) || fromVariable(r.Text(n)) || fromRow.MatchString(n.Value)
	}
	return slices.ContainsFunc(n.Content, func(n *yaml.Node) bool { return anyFromVariable(r, n) })
}
