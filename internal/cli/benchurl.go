package cli

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/scenarios"
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

// schemeProtocols are the protocols that the scheme of a URL means with the guide's contract.
var schemeProtocols = map[string]string{
	"ws": "websocket", "wss": "websocket", "http": "sse", "https": "sse", "grpc": "grpc", "grpcs": "grpc", "tcp": "tcp",
}

// parseTarget takes from the URL what it says.
func (b *benchFlags) parseTarget(cmd *cobra.Command, at string) error {
	if b.api != "" && b.api != "custom" && b.api != "guide" {
		return usageError("--api %s: expected custom or guide", b.api)
	}
	if fault := scenarios.AddressFault(at); fault != "" {
		return exitError(exitScenario, "URL: %s", nameFlags(fault))
	}
	at, err := checkURL(at)
	if err != nil {
		return err
	}
	scheme, rest, isURL := strings.Cut(at, "://")
	switch {
	case !isURL && b.api != "":
		return usageError("--api %s with HOST:PORT: expected a URL such as wss://host/path, or no --api for an `rtbench serve`", b.api)
	case !isURL:
		if flag := firstTargetFlag(cmd.Flags()); flag != "" {
			return usageError("--%s with HOST:PORT: expected a URL with it, such as wss://host/path; %s is the control address of an `rtbench serve`", flag, at)
		}
		b.draft.Address = at
		return b.rejectHTTP2("HOST:PORT")
	case cmd.Flags().Changed("protocol"):
		return usageError("--protocol with %s:// : expected one of them, the URL says what is spoken", scheme)
	}
	b.draft.Protocols, b.draft.Address = schemeProtocols[scheme], at
	if b.http2 && b.draft.Protocols == "sse" {
		b.draft.Protocols = "sse-h2"
	} else if err := b.rejectHTTP2(scheme); err != nil {
		return err
	}
	host, path, hasPath := strings.Cut(rest, "/")
	if hasPath {
		path = "/" + path
	}
	targetFlag := firstTargetFlag(cmd.Flags())
	meant := b.api == "guide" || b.api == "" && targetFlag == "" && isGuidePath(b.draft.Protocols, path)
	if !meant {
		return b.customTarget(cmd)
	}
	if targetFlag != "" {
		return usageError("--%s with --api guide: expected one of them, the guide's contract has messages of its own", targetFlag)
	}
	if host == "" || strings.ContainsAny(at, "@?#") {
		return usageError("expected a URL of scheme, host, port and path alone; a token goes into RTBENCH_TOKEN")
	}
	b.draft.API, b.draft.Address = "guide", scheme+"://"+host
	return b.guidePattern(cmd, path)
}

func (b *benchFlags) rejectHTTP2(what string) error {
	if b.http2 {
		return usageError("--http2 with %s: expected an http or https URL with it", what)
	}
	return nil
}

// customTarget takes a server of the user's own.
func (b *benchFlags) customTarget(cmd *cobra.Command) error {
	b.draft.API = "custom"
	if !cmd.Flags().Changed("pattern") && strings.HasPrefix(b.draft.Protocols, "sse") && b.draft.Custom.Post == "" {
		b.draft.Pattern = "push"
	}
	return checkTargetFlags(cmd.Flags(), &b.draft.Custom)
}
