package cli

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// hostPort is the form of an address without a scheme, path or user.
var hostPort = regexp.MustCompile(`^([A-Za-z0-9._~-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$`)

// checkURL returns what the user gave as the URL of bench, with its scheme in small letters.
// What is neither a URL nor HOST:PORT is refused.
func checkURL(typed string) (string, error) {
	scheme, rest, isURL := strings.Cut(typed, "://")
	if isURL {
		lower := strings.ToLower(scheme)
		if schemeProtocols[lower] != "" {
			return lower + "://" + rest, nil
		}
		hint := ""
		if near := suggestScheme(lower); near != "" {
			hint = "; did you mean " + near + "://" + redactURL(rest) + "?"
		}
		return "", usageError("%q: unknown scheme %q; expected ws, wss, http, https, grpc, grpcs or tcp%s", scheme+"://"+redactURL(rest), scheme, hint)
	}
	if hostPort.MatchString(typed) {
		return typed, nil
	}
	return "", usageError("%q is no URL; expected one such as wss://host/path, or HOST:PORT of an `rtbench serve`%s", redactURL(typed), suggestURL(typed))
}

// suggestURL guesses the URL that was meant by a text without "://".
func suggestURL(typed string) string {
	scheme, rest := "", typed
	if before, after, found := strings.Cut(typed, ":/"); found && schemeProtocols[strings.ToLower(before)] != "" { // ws:/host
		scheme, rest = strings.ToLower(before), after
	}
	rest = strings.TrimLeft(rest, "/")
	host, path, _ := strings.Cut(rest, "/")
	if !hostPort.MatchString(host) {
		return ""
	}
	if scheme == "" {
		scheme = "ws"
		switch lower := strings.ToLower(path); {
		case grpcMethod.MatchString(path):
			scheme = "grpc"
		case strings.Contains(lower, "event"), strings.Contains(lower, "sse"), strings.Contains(lower, "stream"):
			scheme = "http"
		}
	}
	return "; did you mean " + scheme + "://" + redactURL(rest) + "?"
}

// grpcMethod is the form of the path of a gRPC method.
var grpcMethod = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+/[A-Za-z_]\w*$`)

// redactURL is what follows a scheme without a user, query and fragment: secrets may be in
// them.
func redactURL(rest string) string {
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end] + "…"
	}
	return rest
}

// suggestScheme is the scheme that is one or two letters away, empty if none is.
func suggestScheme(typed string) string {
	near := func(s string) int { return editDistance(typed, s) }
	known := []string{"wss", "ws", "https", "http", "grpcs", "grpc", "tcp"}
	best := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(near(a), near(b)) })
	if near(best) > min(2, len(typed)/2) {
		return ""
	}
	return best
}

// editDistance is the number of letters to change, add or remove to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// redactTarget is a target as messages may show it.
func redactTarget(target string) string {
	if scheme, rest, isURL := strings.Cut(target, "://"); isURL {
		return scheme + "://" + redactURL(rest)
	}
	return redactURL(target)
}
