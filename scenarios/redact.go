package scenarios

import (
	"strings"

	"rtbench/scenarios/spec"
)

// pairFlags maps the flags with a name and a possibly secret value to what separates the two.
func pairFlags() map[string]string {
	all := map[string]string{"--set": "="}
	for _, f := range Flags() {
		if f.Pair != "" {
			all["--"+f.Name] = f.Pair
		}
		if f.Pair != "" && f.Short != "" {
			all["-"+f.Short] = f.Pair
		}
	}
	return all
}

// PublicArgs returns a copy of command-line arguments without secrets: values of headers, cookies
// and query parameters, secret keys of --set, and user information and query values of URLs.
func PublicArgs(args []string) []string {
	pairs := pairFlags()
	out := make([]string, 0, len(args))
	flag := "" // flag of the next word
	for _, a := range args {
		name, value, found := strings.Cut(a, "=")
		short := a[:min(len(a), 2)]
		switch {
		case flag != "":
			out = append(out, publicPair(flag, a, pairs[flag]))
			flag = ""
		case pairs[a] != "":
			flag = a
			out = append(out, a)
		case found && pairs[name] != "":
			out = append(out, name+"="+publicPair(name, value, pairs[name]))
		case pairs[short] != "":
			out = append(out, short+publicPair(short, a[2:], pairs[short]))
		case found && strings.HasPrefix(a, "-"):
			out = append(out, name+"="+publicText(value))
		default:
			out = append(out, publicText(a))
		}
	}
	return out
}

// publicPair redacts the value after the name.
func publicPair(flag, pair, between string) string {
	name, _, found := strings.Cut(pair, between)
	switch {
	case flag == "--set" && !mayHide(name):
		return spec.HideUsers(pair)
	case !found:
		return "…"
	}
	return name + between + "…"
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
