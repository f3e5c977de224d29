package claims

// Cells lists the 24 cells of the guide's table, row by row. They are fixed by the guide.
var Cells = []*Cell{
	{
		Feature: "direction", Protocol: "websocket", Says: "bidirectional",
		Tests: "On one connection, 2,000 messages are sent one after the other while their replies arrive.",
		Rule:  "confirmed if messages go up while others come down, and vice versa, on a single connection",
		Needs: []string{"direction"},
		judge: byObservations([]expectation{
			is("direction/websocket/connections", 1), positive("direction/websocket/up-while-down"), positive("direction/websocket/down-while-up"),
		}, "direction/websocket/unasked-bytes-up", "direction/websocket/bytes-up"),
	},
	{
		Feature: "direction", Protocol: "sse", Says: "server → client",
		Tests:            "2,000 messages are sent alongside an event stream, counting the bytes on the stream's own connection; a browser's EventSource is checked for a way to send.",
		Rule:             "confirmed if the stream's connection carries nothing up, messages need another one, and EventSource has no way to send",
		Needs:            []string{"direction"},
		OptionalEvidence: []string{"browser"},
		judge: byObservations([]expectation{
			is("direction/sse/stream-bytes-up", 0), is("direction/sse/connections", 2), optional(no("browser/eventsource/sends")),
		}, "direction/sse/up-ignored", "direction/sse/bytes-up", "direction/sse/post", "direction/websocket/send", "direction/sse-h2/bytes-up"),
	},
	{
		Feature: "direction", Protocol: "grpc", Says: "bidirectional",
		Tests: "On one stream, 2,000 messages are sent one after the other while their replies arrive.",
		Rule:  "confirmed if messages go up while others come down, and vice versa, on a single connection",
		Needs: []string{"direction"},
		judge: byObservations([]expectation{
			is("direction/grpc/connections", 1), positive("direction/grpc/up-while-down"), positive("direction/grpc/down-while-up"),
		}, "direction/grpc/bytes-up"),
	},

	{
		Feature: "protocol", Protocol: "websocket", Says: "WS/WSS",
		Tests: "A handshake is written by hand, in cleartext and over TLS, and the server's Sec-WebSocket-Accept is checked by RFC 6455.",
		Rule:  "confirmed if both are accepted",
		Needs: []string{"protocol"},
		judge: byObservations([]expectation{yes("protocol/websocket/ws"), yes("protocol/websocket/wss")}),
	},
	{
		Feature: "protocol", Protocol: "sse", Says: "HTTP/2",
		Tests:            "The event stream is opened over HTTP/1.1 and over HTTP/2, in cleartext and by ALPN; a browser opens many at once over each.",
		Rule:             "confirmed if it runs over HTTP/2 only; refuted if HTTP/1.1 carries it too",
		Needs:            []string{"protocol"},
		OptionalEvidence: []string{"browser"},
		judge: byObservations([]expectation{
			yes("protocol/sse/http2-alpn"), yes("protocol/sse/http2-cleartext"), no("protocol/sse/http1"), no("protocol/sse/http1-tls"),
		}, "browser/limit/http1", "browser/limit/http2"),
	},
	{
		Feature: "protocol", Protocol: "grpc", Says: "HTTP/2",
		Tests: "A call is made over HTTP/2, in cleartext and by ALPN; then one by HTTP/1.1 to the same port, in cleartext and by ALPN.",
		Rule:  "confirmed if HTTP/2 carries it and HTTP/1.1 does not",
		Needs: []string{"protocol"},
		judge: byObservations([]expectation{
			yes("protocol/grpc/http2"), yes("protocol/grpc/http2-tls"), no("protocol/grpc/http1"), no("protocol/grpc/http1-tls"),
		}),
	},

	{
		Feature: "browser", Protocol: "websocket", Says: "excellent",
		Tests: "A page in a real browser opens WebSockets with and without TLS and exchanges text and every byte value.",
		Rule:  "confirmed if all of it works",
		Needs: []string{"browser"},
		judge: byObservations([]expectation{
			yes("browser/websocket/open"), yes("browser/websocket/secure"), yes("browser/websocket/text"), yes("browser/websocket/binary"), yes("browser/websocket/both-ways"),
		}, "browser/limit/websocket", "browser/version/major"),
	},
	{
		Feature: "browser", Protocol: "sse", Says: "excellent",
		Tests: "A page in a real browser opens EventSources over HTTP/1.1 and HTTP/2, and many at once.",
		Rule:  "confirmed if events arrive over both; the limit on streams per host is shown but not judged",
		Needs: []string{"browser"},
		judge: byObservations([]expectation{yes("browser/eventsource/http1"), yes("browser/eventsource/http2")},
			"browser/limit/http1", "browser/limit/http2", "browser/version/major"),
	},
	{
		Feature: "browser", Protocol: "grpc", Says: "limited",
		Tests: "A page in a real browser makes gRPC calls with fetch, over HTTP/2 and from the server's own origin.",
		Rule:  "confirmed if a page can neither have a bidirectional stream nor read the status of a call",
		Needs: []string{"browser"},
		judge: byObservations([]expectation{no("browser/grpc/bidirectional"), no("browser/grpc/status")},
			"browser/grpc/server-stream", "browser/grpc/bidirectional-after-end", "browser/grpc/sends-stream-http1"),
	},

	{
		Feature: "complexity", Protocol: "websocket", Says: "medium",
		Tests: complexityTests, Rule: "a count is for the guide if it is above SSE's and below gRPC's; " + ruleText,
		Needs: []string{"setup"},
		judge: byComplexity(order{ahead: "sse", behind: "websocket"}, order{ahead: "websocket", behind: "grpc"}),
	},
	{
		Feature: "complexity", Protocol: "sse", Says: "low",
		Tests: complexityTests, Rule: "a count is for the guide if it is below WebSocket's and gRPC's; " + ruleText,
		Needs: []string{"setup"},
		judge: byComplexity(order{ahead: "sse", behind: "websocket"}, order{ahead: "sse", behind: "grpc"}),
	},
	{
		Feature: "complexity", Protocol: "grpc", Says: "high",
		Tests: complexityTests, Rule: "a count is for the guide if it is above WebSocket's and SSE's; " + ruleText,
		Needs: []string{"setup"},
		judge: byComplexity(order{ahead: "websocket", behind: "grpc"}, order{ahead: "sse", behind: "grpc"}),
	},

	{
		Feature: "performance", Protocol: "websocket", Says: "high",
		Tests: performanceTests, Rule: "a question is for the guide if WebSocket is ahead of SSE and behind gRPC; " + ruleText,
		Needs: performanceSuites,
		judge: byPerformance(performanceOrders["websocket"]...),
	},
	{
		Feature: "performance", Protocol: "sse", Says: "medium",
		Tests: performanceTests, Rule: "a question is for the guide if SSE is behind WebSocket and gRPC; " + ruleText,
		Needs: performanceSuites,
		judge: byPerformance(performanceOrders["sse"]...),
	},
	{
		Feature: "performance", Protocol: "grpc", Says: "very high",
		Tests: performanceTests, Rule: "a question is for the guide if gRPC is ahead of WebSocket and SSE; " + ruleText,
		Needs: performanceSuites,
		judge: byPerformance(performanceOrders["grpc"]...),
	},

	{
		Feature: "reconnect", Protocol: "websocket", Says: "manual",
		Tests:            "The connection is cut below a library's WebSocket and a browser's, without further action.",
		Rule:             "confirmed if neither reconnects by itself",
		Needs:            []string{"reconnect"},
		OptionalEvidence: []string{"browser"},
		judge: byObservations([]expectation{no("reconnect/websocket/library"), optional(no("browser/reconnect/websocket"))},
			"browser/reconnect/websocket-close-code"),
	},
	{
		Feature: "reconnect", Protocol: "sse", Says: "built-in",
		Tests:            "The connection is cut below a browser's EventSource, with and without event IDs, and below a library's HTTP stream, without further action.",
		Rule:             "confirmed if EventSource reconnects by itself and misses nothing if events have IDs",
		Needs:            []string{"browser"},
		OptionalEvidence: []string{"reconnect"},
		judge: byObservations([]expectation{yes("browser/reconnect/eventsource"), is("browser/reconnect/eventsource-missed", 0)},
			"browser/reconnect/eventsource-after", "browser/reconnect/eventsource-duplicates", "browser/reconnect/eventsource-missed-without-id",
			"browser/reconnect/eventsource-position-lost", "reconnect/sse/library", "reconnect/sse/resume-missed", "reconnect/sse/no-resume-missed"),
	},
	{
		Feature: "reconnect", Protocol: "grpc", Says: "manual",
		Tests: "The connection is cut below a stream of grpc-go, without further action; then a new call is made on the same channel.",
		Rule:  "confirmed if the stream does not continue by itself; reconnection of its channel is shown but not judged",
		Needs: []string{"reconnect"},
		judge: byObservations([]expectation{no("reconnect/grpc/stream")},
			"reconnect/grpc/missed", "reconnect/grpc/channel-idle", "reconnect/grpc/channel", "reconnect/grpc/channel-after"),
	},

	{
		Feature: "binary", Protocol: "websocket", Says: "yes",
		Tests: "Every byte value and a random megabyte are echoed.",
		Rule:  "confirmed if all come back unchanged",
		Needs: []string{"binary"},
		judge: byObservations([]expectation{yes("binary/websocket/all-bytes"), yes("binary/websocket/megabyte")}, "binary/websocket/overhead"),
	},
	{
		Feature: "binary", Protocol: "sse", Says: "no",
		Tests:            "Every byte value is sent raw as event data and read by the rules of the HTML standard and by a browser; then as base64.",
		Rule:             "confirmed if the raw bytes do not survive; the cost of carrying them as text is shown but not judged",
		Needs:            []string{"binary"},
		OptionalEvidence: []string{"browser"},
		judge: byObservations([]expectation{no("binary/sse/raw"), optional(no("browser/binary/eventsource-raw"))},
			"binary/sse/raw-survived", "binary/sse/raw-survived-alone", "binary/sse/all-bytes", "binary/sse/overhead", "binary/sse/encode"),
	},
	{
		Feature: "binary", Protocol: "grpc", Says: "yes",
		Tests: "Every byte value and a random megabyte are echoed.",
		Rule:  "confirmed if all come back unchanged",
		Needs: []string{"binary"},
		judge: byObservations([]expectation{yes("binary/grpc/all-bytes"), yes("binary/grpc/megabyte")}, "binary/grpc/overhead"),
	},

	{
		Feature: "use-case", Protocol: "websocket", Says: "chat, games",
		Tests: "The loads of the scenarios chat, collaboration and game over each protocol, judged by the server CPU per message and p50.",
		Rule:  "a question is for the guide if WebSocket keeps up with SSE and gRPC; " + keepsUp + ruleText,
		Needs: []string{"use-cases"},
		judge: byUseCase("websocket", []string{"chat", "collaboration", "game"}, serverCPU, typical),
	},
	{
		Feature: "use-case", Protocol: "sse", Says: "feeds, updates",
		Tests: "The loads of the scenarios ticker, notifications and progress over each protocol, judged by the server CPU per event and p50.",
		Rule:  "a question is for the guide if SSE keeps up with WebSocket and gRPC; " + keepsUp + ruleText,
		Needs: []string{"use-cases"},
		judge: byUseCase("sse", []string{"ticker", "notifications", "progress"}, serverCPU, typical),
	},
	{
		Feature: "use-case", Protocol: "grpc", Says: "microservices",
		Tests: "The loads of the scenarios microservice-pipeline, as text and in the native encodings, and bulk-upload over each protocol, judged by the CPU per message at both ends.",
		Rule:  "a question is for the guide if gRPC keeps up with WebSocket and SSE; " + keepsUp + ruleText,
		Needs: []string{"use-cases"},
		judge: byUseCase("grpc", []string{"microservice-pipeline", "bulk-upload"}, bothCPU),
	},
}

const (
	complexityTests  = "Six counts per protocol: round trips and bytes until the first reply; Go statements of a minimal client and server, as the documentation of the libraries writes them, for messages from server to client and for messages both ways; packages imported; statements of generated code. The least count of a protocol's libraries is its count. A difference of up to a tenth decides nothing."
	performanceTests = "Each protocol over a grid: at equal load (server CPU per message, p50, p90) and at capacity (CPU per message of both ends, which limits messages/s, and of the server); echo, push, upload and fan-out; as text and in the native encodings (JSON, and protobuf over gRPC); in each topology measured. Each point and metric is a question. It is decided for the guide if the whole 95 % interval of each ratio is beyond 5 % as the guide says, and against it if one is beyond 5 % the other way. The best of a protocol's stock libraries counts. A percentile is no question where repetitions have too few independent messages."
)

// A recommendation does not say that a protocol is the fastest, but it is wrong if another is much better.
const keepsUp = "it keeps up if the whole 95 % interval of each ratio is within a quarter; "

var performanceSuites = []string{"equal-load", "equal-load-fanout", "capacity"}

// performanceOrders follow from the guide's row "Performance": very high (gRPC), high (WebSockets), medium
// (SSE).
var performanceOrders = map[string][]order{
	"websocket": {{ahead: "websocket", behind: "sse"}, {ahead: "grpc", behind: "websocket"}},
	"sse":       {{ahead: "websocket", behind: "sse"}, {ahead: "grpc", behind: "sse"}},
	"grpc":      {{ahead: "grpc", behind: "websocket"}, {ahead: "grpc", behind: "sse"}},
}
