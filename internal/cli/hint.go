package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rtbench/loadgen/target"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// hints are what to do about the commonest reasons for which nothing is measured:
// how the class begins, a scheme that the target begins with (empty: any), and what to do.
var hints = []struct{ class, scheme, step string }{
	{"TLS: unknown authority", "", "give its authority with --cacert FILE (target.tls.ca), or verify nothing with --insecure (target.tls.insecure)"},
	{"TLS: wrong host name", "", "say with --server-name HOST (target.tls.server_name) what its certificate is for"},
	{"TLS: client certificate", "", "show one with --cert FILE --key FILE (target.tls.cert, key)"},
	{"not TLS", "wss:", "the server speaks no TLS there: try ws:// instead of wss://"},
	{"not TLS", "https:", "the server speaks no TLS there: try http:// instead of https://"},
	{"not TLS", "grpcs:", "the server speaks no TLS there: try grpc:// instead of grpcs://"},
	{"connection closed by the server", "ws:", "it may speak TLS there: try wss:// instead of ws://"},
	{"connection closed by the server", "http:", "it may speak TLS there: try https:// instead of http://"},
	{"gRPC Unavailable", "grpc:", "is the server running, is it gRPC that it speaks on this port, and with TLS (grpcs://)?"},
	{"gRPC Unavailable", "grpcs:", "is the server running, and is it gRPC that it speaks on this port?"},
	{"connection refused", "", "nothing listens there: is the server running, and is it this port?"},
	{"no such host", "", "is the name of the host right?"},
	{"timeout", "", "nothing answers there: is it this host and port, and does a firewall drop it?"},
	{"HTTP status 401", "", "show who asks with --bearer-env VARIABLE or --header (target.bearer, target.headers)"},
	{"HTTP status 403", "", "it may want to know who asks: --bearer-env VARIABLE, --header or --cookie (target.bearer, headers, cookies)"},
	{"HTTP status 404", "", "is the path of the URL right?"},
	{"TLS: no ALPN", "grpc", "gRPC needs HTTP/2: " + offerH2Hint},
	{"no HTTP/2", "", offerH2Hint + "; or leave out --http2 (use the key sse, not sse-h2)"},
	{"not HTTP/2", "http", "leave out --http2 (use the key sse, not sse-h2)"},
	{"wrong content type", "http", "is this the URL of an event stream?"},
	{"message too long", "", "take longer ones with --limit SIZE (limit of the endpoint)"},
	{"gRPC Unauthenticated", "", "show who asks with --bearer-env VARIABLE or --header (target.bearer, target.headers)"},
	{"no token", "", "is the token where it is read from (target.bearer)?"},
}

// streamEndedHint is what to do about a server that accepts a stream and then ends it.
const streamEndedHint = "the server accepts the stream and then ends it: does it take these first messages (--subscribe, steps) and credentials?"

// offerH2Hint is what to do about a server that does not negotiate HTTP/2.
const offerH2Hint = "let the server, or the proxy or load balancer before it, offer h2 by ALPN (nginx: http2 on; HAProxy: alpn h2; Envoy: alpn_protocols h2), or try the port that does; `openssl s_client -connect HOST:PORT -alpn h2` shows what it chooses"

// hint is what to do about a class of failure at a target, as the end of a sentence;
// empty where nothing is known to help.
func hint(class, target string) string {
	for _, n := range hints {
		if strings.HasPrefix(class, n.class) && strings.HasPrefix(target, n.scheme) {
			return "; " + n.step
		}
	}
	return ""
}

// addHint adds to err what to do about a server that could not be asked for a method.
func addHint(err error, list []*scenarios.Scenario) error {
	var reflection *target.ReflectionError
	if !errors.As(err, &reflection) {
		return err
	}
	for _, s := range list {
		if e := s.Custom.Endpoints["grpc"]; e != nil {
			return fmt.Errorf("%w%s", err, hint(reflection.Class(), e.URL))
		}
	}
	return err
}

// resultHint is what to do about the commonest reason of a result in which nothing was
// measured; empty of others.
func resultHint(res *result.Result) string {
	var all []result.Counters
	for _, c := range res.Cells {
		for _, r := range c.Repetitions {
			if all = append(all, r.AllPhases()); r.Counters.Recorded > 0 {
				return ""
			}
		}
	}
	list := result.Failures(all...)
	if len(list) == 0 {
		return ""
	}
	most := slices.MaxFunc(list, func(a, b result.Failure) int { return cmp.Compare(a.Count, b.Count) })
	_, cause, inStep := strings.Cut(most.Class, ": ")
	if inStep = inStep && strings.HasPrefix(most.Class, "step "); !inStep {
		cause = most.Class
	}
	if (inStep || most.Kind != result.Refused) && strings.HasPrefix(cause, "connection ") { // there was a stream
		return "; " + streamEndedHint
	}
	return hint(most.Class, res.Cells[0].Config.Target)
}
