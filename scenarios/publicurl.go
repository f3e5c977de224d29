package scenarios

import (
	"strings"

	"rtbench/scenarios/spec"
)

// cutWritten splits a URL with variables. Offsets are those of the text, parts are masked.
func cutWritten(written string) (address, bool) {
	masked := []byte(written)
	for _, at := range spec.Variable.FindAllStringIndex(written, -1) {
		for i := at[0]; i < at[1]; i++ {
			masked[i] = '1' // valid in hosts, ports and schemes
		}
	}
	if written != "" && masked[0] == '1' {
		masked[0] = 'x' // a scheme starts with a letter
	}
	return cutURL(string(masked))
}

// publicURL returns a URL without secrets: no user information, only the names of the query, and
// the path as written, with the names of variables.
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

// writtenParts returns path and query of a URL with variables; empty if variables span more than
// one part.
func writtenParts(written string) (path, query string) {
	a, ok := cutWritten(written)
	if !ok {
		return "", ""
	}
	path = written[a.pathAt : a.pathAt+len(a.path)]
	if a.hasQuery {
		query = written[a.pathAt+len(a.path)+1:][:len(a.query)]
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
