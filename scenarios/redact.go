package scenarios

import (
	"strings"

	"rtbench/scenarios/spec"
)

// hiddenAfter maps flags with a name and a possibly secret value to their separator.
var hiddenAfter = map[string]string{"-H": ":", "--header": ":", "--cookie": "=", "--query": "=", "--set": "="}

// PublicArgs returns a copy of command-line arguments without secrets: values of headers, cookies
// and query parameters, secret keys of --set, and user information and query values of URLs.
func PublicArgs(args []string) []string {
	out := make([]string, 0, len(args))
	flag := "" // flag of the next word
	for _, a := range args {
		switch {
		case flag != "":
			out = append(out, hideValue(flag, a))
			flag = ""
		case hiddenAfter[a] != "":
			flag = a
			out = append(out, a)
		default:
			out = append(out, publicWord(a))
		}
	}
	return out
}

// publicWord redacts one word, which may contain a flag.
func publicWord(a string) string {
	if name, value, found := strings.Cut(a, "="); found && hiddenAfter[name] != "" {
		return name + "=" + hideValue(name, value)
	}
	if value, found := strings.CutPrefix(a, "-H"); found && value != "" {
		return "-H" + hideValue("-H", value)
	}
	if strings.HasPrefix(a, "-") {
		if name, value, found := strings.Cut(a, "="); found {
			return name + "=" + publicText(value)
		}
		return a
	}
	return publicText(a)
}

// hideValue redacts the value after the name.
func hideValue(flag, pair string) string {
	name, _, found := strings.Cut(pair, hiddenAfter[flag])
	if flag == "--set" {
		if !mayHide(name) {
			return spec.HideUsers(pair)
		}
	}
	if !found {
		return "…"
	}
	return name + hiddenAfter[flag] + "…"
}

// publicText redacts a URL.
func publicText(s string) string {
	a, ok := cutURL(s)
	switch {
	case !ok:
		return spec.HideUsers(s)
	case !a.hasUser && !a.hasQuery:
		return s
	}
	return publicURL(s, "")
}
