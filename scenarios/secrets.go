package scenarios

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// fromVariable says whether a text as written has a variable in it that is not given there
// itself, as a default is.
func fromVariable(written string) bool {
	for _, m := range variable.FindAllStringSubmatch(written, -1) {
		if m[1] != "" && m[2] == "" {
			return true
		}
	}
	return false
}

// secretKeys are the keys under which secrets may be.
var secretKeys = []string{"target", "steps", "messages", "path"}

const outOfResults = "so that it does not stand in results"

// refuseSecrets reports each secret that a text gives itself, whatever becomes of that text:
// a result holds it whole, and that of all files that are included.
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
			r.problem(n, "steps.authenticate: a text without a variable; expected the secret in it as ${NAME}, or {{.Row.NAME}} of rows, %s", outOfResults)
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
		r.problem(n, "%s: a secret as text; expected ${NAME}, a variable of the environment, %s", path, outOfResults)
	}
}

var (
	// bearerSubprotocol is a token as Kubernetes takes it from browsers.
	bearerSubprotocol = regexp.MustCompile(`(?i)(^|\.)(bearer|authorization)\..*[A-Za-z0-9_-]{16,}`)
	// webToken is the form of a JSON Web Token (RFC 7519).
	webToken = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)
)

// refuseSubprotocols looks for tokens that are offered as subprotocols.
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

// refuseURL looks at the query of a URL as it is written.
func (r *reader) refuseURL(path string, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || r.broken[n] {
		return
	}
	written := r.text(n)
	at := urlForm.FindStringSubmatchIndex(masked(written))
	if at != nil && at[4] >= 0 && !strings.HasSuffix(path, ".prometheus") { // which has a form of its own
		r.problem(n, "%s: %s", path, userFault)
	}
	if at == nil || at[12] < 0 {
		return
	}
	for pair := range strings.SplitSeq(written[at[12]+1:at[13]], "&") {
		name, value, _ := strings.Cut(pair, "=")
		if sensitive(name) && value != "" && !fromVariable(value) {
			r.problem(n, "%s: a secret as text, in its query (%s); expected ${NAME}, a variable of the environment, %s", path, shorten(oneLine(name)), outOfResults)
		}
	}
}

var fromRow = regexp.MustCompile(`\{\{\s*\.Row\.`)

// anyFromVariable says whether a text anywhere below a node takes something from elsewhere.
func (r *reader) anyFromVariable(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return r.broken[n] || fromVariable(r.text(n)) || fromRow.MatchString(n.Value)
	}
	return slices.ContainsFunc(n.Content, r.anyFromVariable)
}

// A keyed is a key of a mapping with its value.
type keyed struct{ key, value *yaml.Node }

// pairsOf are the keys of a mapping that are texts, with their values; of anything else
// there are none.
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

// entriesOf are the names and single values of headers, cookies or a query, in any of the
// forms that pairs reads.
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
