package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rtbench/loadgen/target"
	"rtbench/report/result"
)

// hints are the remedies for common failures, by prefix of the failure class and of the target
// URL (empty: any).
var hints = []struct{ class, scheme, text string }{
	{"TLS: unknown authority", "", "pass its CA with --cacert FILE (target.tls.ca), or skip verification with --insecure (target.tls.insecure)"},
	{"TLS: wrong host name", "", "pass the name in the certificate with --server-name HOST (target.tls.server_name)"},
	{"TLS: client certificate", "", "pass one with --cert FILE --key FILE (target.tls.cert, target.tls.key)"},
	{"not TLS", "wss:", "the server does not use TLS on this port; try ws:// instead of wss://"},
	{"not TLS", "https:", "the server does not use TLS on this port; try http:// instead of https://"},
	{"not TLS", "grpcs:", "the server does not use TLS on this port; try grpc:// instead of grpcs://"},
	{"not TLS", "mqtts:", "the server does not use TLS on this port; try mqtt:// instead of mqtts://"},
	{"connection closed by the server", "ws:", "the server may expect TLS; try wss:// instead of ws://"},
	{"connection closed by the server", "http:", "the server may expect TLS; try https:// instead of http://"},
	{"connection closed by the server", "mqtt:", "the server may expect TLS; try mqtts:// instead of mqtt://"},
	{"connection closed by the server", "mqtts:", "the server may not use TLS on this port; try mqtt:// instead of mqtts://"},
	{"MQTT bad user name or password", "", "pass them with user and password of target.mqtt, or --bearer-env VARIABLE"},
	{"MQTT not authorized", "", "pass user and password of target.mqtt, or --bearer-env VARIABLE, and check the topics"},
	{"not MQTT", "", "is this port that of an MQTT broker, usually 1883?"},
	{"gRPC Unavailable", "grpc:", "is a gRPC server running on this port, and does it expect TLS (grpcs://)?"},
	{"gRPC Unavailable", "grpcs:", "is a gRPC server running on this port?"},
	{"connection refused", "https:", "is the server running, and on this port? HTTP/3 needs the UDP port"},
	{"QUIC handshake timeout", "", "no answer over UDP: does the server speak HTTP/3 on this port, and does a firewall drop UDP?"},
	{"no WebTransport", "", "enable WebTransport on the server, or check the port"},
	{"connection refused", "", "is the server running, and on this port?"},
	{"no such host", "", "check the host name"},
	{"timeout", "", "no answer from this host and port; does a firewall drop the packets?"},
	{"HTTP status 401", "", "authenticate with --bearer-env VARIABLE or --header (target.bearer, target.headers)"},
	{"HTTP status 403", "", "authenticate with --bearer-env VARIABLE, --header or --cookie (target.bearer, target.headers, target.cookies)"},
	{"HTTP status 404", "", "check the path of the URL"},
	{"TLS: no ALPN", "grpc", "gRPC needs HTTP/2: " + offerH2Hint},
	{"no HTTP/2", "http", offerH2Hint + "; or " + omitH2SSEHint},
	{"no HTTP/2", "ws", offerH2Hint + "; or " + omitH2WebSocketHint},
	{"not HTTP/2", "http", omitH2SSEHint},
	{"not HTTP/2", "ws", omitH2WebSocketHint},
	{"wrong content type", "http", "check that the URL serves an event stream, or poll it with --protocol long-poll (key long-poll instead of sse)"},
	{"message too long", "", "raise the limit with --limit SIZE (limit of the endpoint)"},
	{"gRPC Unauthenticated", "", "authenticate with --bearer-env VARIABLE or --header (target.bearer, target.headers)"},
	{"no token", "", "check the source of the token (target.bearer)"},
}

// streamEndedHint is the hint for a server that accepts a stream and then closes it.
const streamEndedHint = "the server accepted the stream and then closed it; check the first messages (--subscribe, steps) and the credentials"

// offerH2Hint is the hint for a server that does not negotiate HTTP/2.
const offerH2Hint = "enable h2 in ALPN on the server or on the proxy or load balancer before it (nginx: http2 on; HAProxy: alpn h2; Envoy: alpn_protocols h2), or try another port; `openssl s_client -connect HOST:PORT -alpn h2` shows the choice"

// Hints for a server that speaks only HTTP/1.1.
const (
	omitH2SSEHint       = "omit --http2 (key sse instead of sse-h2)"
	omitH2WebSocketHint = "omit --http2 (key websocket instead of websocket-h2)"
)

// hint returns the remedy for a failure class at a target, to be appended to an error; empty if
// there is none.
func hint(class, target string) string {
	for _, h := range hints {
		if strings.HasPrefix(class, h.class) && strings.HasPrefix(target, h.scheme) {
			return "; " + h.text
		}
	}
	return ""
}

// addHint appends a hint to err if server reflection failed.
func addHint(err error) error {
	var reflection *target.ReflectionError
	if !errors.As(err, &reflection) {
		return err
	}
	return fmt.Errorf("%w%s", err, hint(reflection.Class(), reflection.URL))
}

// resultHint returns the hint for the most frequent failure of a result without measurements;
// empty for other results.
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
	if (inStep || most.Kind != result.Refused) && strings.HasPrefix(cause, "connection ") { // the stream had been opened
		return "; " + streamEndedHint
	}
	return hint(most.Class, res.Cells[0].Config.Target)
}
