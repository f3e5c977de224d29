package cli

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/suggest"
)

// hostPort matches an address without scheme, user or path.
var hostPort = regexp.MustCompile(`^([A-Za-z0-9._~-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$`)

// checkURL returns the URL or HOST:PORT given to bench, with its scheme in lower case.
func checkURL(typed string) (string, error) {
	scheme, rest, isURL := strings.Cut(typed, "://")
	if isURL {
		lower := strings.ToLower(scheme)
		if proto.SchemeByName(lower).Protocol != "" {
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
	return "", usageError("%q is not a URL; expected one such as wss://host/path, or HOST:PORT of an `rtbench serve`%s", redactURL(typed), suggestURL(typed))
}

// suggestURL guesses the URL the user meant by a text without "://".
func suggestURL(typed string) string {
	scheme, rest := "", typed
	if before, after, found := strings.Cut(typed, ":/"); found && proto.SchemeByName(strings.ToLower(before)).Protocol != "" { // ws:/host
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

// grpcMethod matches the path of a gRPC method.
var grpcMethod = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+/[A-Za-z_]\w*$`)

// suggestScheme returns the scheme within an edit distance of two; empty if there is none.
func suggestScheme(typed string) string {
	near := func(s string) int { return suggest.Distance(typed, s) }
	known := proto.SchemeNames(proto.Protocols...)
	best := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(near(a), near(b)) })
	if near(best) > min(2, len(typed)/2) {
		return ""
	}
	return best
}

// parseTarget sets protocol, API and address from the URL.
func (b *benchFlags) parseTarget(cmd *cobra.Command, url string) error {
	if b.api != "" && b.api != "custom" && b.api != "guide" {
		return usageError("--api %s: expected custom or guide", b.api)
	}
	if fault := scenarios.AddressFault(url); fault != "" {
		return exitError(exitScenario, "URL: %s", nameFlags(fault))
	}
	url, err := checkURL(url)
	if err != nil {
		return err
	}
	scheme, rest, isURL := strings.Cut(url, "://")
	switch {
	case !isURL && b.api != "":
		return usageError("--api %s with HOST:PORT: expected a URL such as wss://host/path; an `rtbench serve` needs no --api", b.api)
	case !isURL:
		if flag := firstTargetFlag(cmd.Flags()); flag != "" {
			return usageError("--%s with HOST:PORT: expected a URL such as wss://host/path; %s is the control address of an `rtbench serve`", flag, url)
		}
		b.draft.Address = url
		return b.rejectHTTP2("HOST:PORT")
	case cmd.Flags().Changed("protocol"):
		return usageError("--protocol with a %s URL: expected one of them; the URL selects the protocol", scheme)
	}
	b.draft.Protocols, b.draft.Address = proto.SchemeByName(scheme).Protocol, url
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
	isGuide := b.api == "guide" || b.api == "" && targetFlag == "" && isGuidePath(b.draft.Protocols, path)
	if !isGuide {
		return b.customTarget(cmd)
	}
	if targetFlag != "" {
		return usageError("--%s with --api guide: expected one of them; the guide's API defines its messages", targetFlag)
	}
	if host == "" || strings.ContainsAny(url, "@?#") {
		return usageError("expected a URL with scheme, host, port and path only; a token goes into RTBENCH_TOKEN")
	}
	b.draft.API, b.draft.Address = "guide", scheme+"://"+host
	return b.guidePattern(cmd, path)
}

func (b *benchFlags) rejectHTTP2(scheme string) error {
	if b.http2 {
		return usageError("--http2 with %s: expected an http or https URL", scheme)
	}
	return nil
}

// customTarget makes the draft one for a custom target.
func (b *benchFlags) customTarget(cmd *cobra.Command) error {
	b.draft.API = "custom"
	if !cmd.Flags().Changed("pattern") && strings.HasPrefix(b.draft.Protocols, "sse") && b.draft.Custom.Post == "" {
		b.draft.Pattern = "push"
	}
	return checkTargetFlags(cmd.Flags(), &b.draft.Custom)
}
