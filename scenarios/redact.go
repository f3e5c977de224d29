package scenarios

import "strings"

// hiddenAfter are flags whose value is a name and what may be a secret, and what is between
// them.
var hiddenAfter = map[string]string{"-H": ":", "--header": ":", "--cookie": "=", "--query": "=", "--set": "="}

// PublicArgs are words of a command line as results may have them, in a new slice: without
// the values of headers, cookies and queries, of --set where secrets may be, and without
// users and the values of queries of URLs.
func PublicArgs(args []string) []string {
	out := make([]string, 0, len(args))
	flag := "" // that the next word belongs to
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

// publicWord is one word, with the flag in it or none.
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

// hideValue leaves out what follows the name.
func hideValue(flag, pair string) string {
	name, _, found := strings.Cut(pair, hiddenAfter[flag])
	if flag == "--set" {
		section, _, _ := strings.Cut(strings.TrimSpace(name), ".")
		if !mayHide(section) {
			return HideUsers(pair)
		}
	}
	if !found {
		return "…"
	}
	return name + hiddenAfter[flag] + "…"
}

func mayHide(section string) bool {
	for _, s := range secretKeys {
		if s == section {
			return true
		}
	}
	return false
}

// publicText is a word without what a URL in it may hide.
func publicText(s string) string {
	a, ok := cutURL(s)
	switch {
	case !ok:
		return HideUsers(s)
	case !a.hasUser && !a.hasQuery:
		return s
	}
	return publicURL(s, "")
}
