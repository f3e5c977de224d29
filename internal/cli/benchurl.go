package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rtbench/internal/lazyregexp"
	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/suggest"
)

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
			hint = "; did you mean " + redactURL(near+"://"+rest) + "?"
		}
		return "", usageError("%q: unknown scheme %q; expected ws, wss, http, https, grpc, grpcs, mqtt, mqtts or tcp%s", redactURL(typed), scheme, hint)
	}
	if scenarios.IsHostPort(typed) {
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
	if !scenarios.IsHostPort(host) {
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
	return "; did you mean " + redactURL(scheme+"://"+rest) + "?"
}

// grpcMethod matches the path of a gRPC method.
var grpcMethod = lazyregexp.New(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+/[A-Za-z_]\w*$`)

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

// parseTarget sets protocol, API, target and pattern from the URL.
func (b *benchFlags) parseTarget(cmd *cobra.Command, url string) error {
	api := b.settings.Get("api")
	if api != "" && api != "custom" && api != "guide" {
		return usageError("--api %s: expected custom or guide", api)
	}
	if fault := scenarios.AddressFault(url, true); fault != "" {
		return exitError(exitScenario, "URL: %s", fault)
	}
	url, err := checkURL(url)
	if err != nil {
		return err
	}
	scheme, rest, isURL := strings.Cut(url, "://")
	targetFlag := b.settings.TargetFlag()
	b.settings.Put("target", url)
	switch {
	case !isURL && api != "":
		return usageError("--api %s with HOST:PORT: expected a URL such as wss://host/path; an `rtbench serve` needs no --api", api)
	case !isURL && targetFlag != "":
		return usageError("--%s with HOST:PORT: expected a URL such as wss://host/path; %s is the control address of an `rtbench serve`", targetFlag, url)
	case !isURL:
		return b.rejectHTTP2("HOST:PORT")
	}
	protocol, err := b.protocolOf(cmd, scheme)
	if err != nil {
		return err
	}
	b.settings.Put("protocol", protocol)
	host, path, hasPath := strings.Cut(rest, "/")
	if hasPath {
		path = "/" + path
	}
	if api == "custom" || api == "" && (targetFlag != "" || !isGuidePath(protocol, path)) {
		b.settings.Put("api", "custom")
		defaultPattern(cmd.Flags(), b.settings)
		return nil
	}
	if targetFlag != "" {
		return usageError("--%s with --api guide: expected one of them; the guide's API defines its messages", targetFlag)
	}
	if host == "" || strings.ContainsAny(url, "@?#") {
		return usageError("expected a URL with scheme, host, port and path only; a token goes into RTBENCH_TOKEN")
	}
	b.settings.Put("api", "guide")
	b.settings.Put("target", scheme+"://"+host)
	return b.guidePattern(cmd, path)
}

// protocolOf returns the protocol of a URL with a scheme: that of --protocol or --http2, or the first that has
// the scheme.
func (b *benchFlags) protocolOf(cmd *cobra.Command, scheme string) (string, error) {
	protocol := proto.SchemeByName(scheme).Protocol
	named, typed := cmd.Flags().Changed("protocol"), b.settings.Get("protocol")
	able := slices.DeleteFunc(proto.ProtocolNames(), func(name string) bool {
		p, _ := proto.ProtocolByName(name)
		return !slices.Contains(proto.SchemeNames(p), scheme)
	})
	switch over := proto.Multiplexed(protocol); {
	case named && b.http2:
		return "", usageError("--http2 with --protocol; expected one of them")
	case named && !slices.Contains(able, typed):
		return "", usageError("--protocol %s with a %s URL; expected one of %s", typed, scheme, strings.Join(able, ", "))
	case named:
		return typed, nil
	case b.http2 && over != "":
		return over, nil
	}
	return protocol, b.rejectHTTP2(scheme)
}

func (b *benchFlags) rejectHTTP2(scheme string) error {
	if b.http2 {
		return usageError("--http2 with %s: expected a URL of http, https, ws or wss", scheme)
	}
	return nil
}
