package browser

import (
	"context"
	"time"

	"rtbench/proto"
)

// A step tests one thing in the page.
type step struct {
	name    string
	secure  bool // in the page loaded over HTTP/2 with TLS, not the one over HTTP/1.1 in cleartext
	timeout time.Duration
	run     func(context.Context, *session) error
	// facts lists the questions that the step answers. If the step fails, the unanswered ones
	// are answered no, with the error. Values that could not be measured are left out, since 0
	// would be misleading.
	facts []string
}

const (
	// sourceTimeout is how long EventSources may take to open.
	sourceTimeout = 3 * time.Second
	// socketTimeout is the same for WebSockets: Chromium delays one by up to 5 s while 16 others are
	// opening.
	socketTimeout = 8 * time.Second
)

// steps runs in this order, first in the page over HTTP/1.1.
var steps = []step{
	{"listing the members of WebSocket and EventSource", false, 2 * time.Second, ask("members", nothing, noteMembers), []string{"websocket/sends", "eventsource/sends"}},
	{"opening a WebSocket", false, 5 * time.Second, ask("openSocket", chat("ws", "page"), noteOpening("websocket/open")), []string{"websocket/open"}},
	{"opening a WebSocket with TLS", false, 5 * time.Second, ask("openSocket", chat("wss", "page"), noteOpening("websocket/secure")), []string{"websocket/secure"}},
	{"text over WebSocket", false, 8 * time.Second, ask("exchangeText", chat("ws", "page", content), noteText), []string{"websocket/text"}},
	{"bytes over WebSocket", false, 8 * time.Second, ask("exchangeBinary", echo(256), noteBinary), []string{"websocket/binary"}},
	{"WebSocket in both directions", false, 8 * time.Second, ask("exchangeBothWays", echo(bothWays), noteBothWays), []string{"websocket/both-ways"}},

	{"EventSource over HTTP/1.1", false, 6 * time.Second, ask("listenForEvents", listening(http1), noteEvents(http1, "HTTP/1.1")), []string{"eventsource/http1", "eventsource/custom-headers"}},
	{"bytes over EventSource", false, 6 * time.Second, ask("listenForRawBytes", inPage("raw"), noteRawBytes), []string{"binary/eventsource-raw"}},
	// Counts are no questions; one that cannot be taken is left out.
	{"many EventSources over HTTP/1.1", false, 6 * time.Second, ask("countSources", inPage("stream", 10, sourceTimeout.Milliseconds()), noteOpen("limit/http1", "EventSources over HTTP/1.1", 10, sourceTimeout)), nil},
	{"many WebSockets", false, 10 * time.Second, ask("countSockets", chat("ws", "page-", 20, socketTimeout.Milliseconds()), noteOpen("limit/websocket", "WebSockets", 20, socketTimeout)), nil},

	{"cutting an EventSource", false, 8 * time.Second, cutSource("/stream", noteSourceCut), []string{"reconnect/eventsource"}},
	{"cutting an EventSource without ids", false, 8 * time.Second, cutSource("/noid/stream", noteSourceCutNoID), []string{"reconnect/eventsource-position-lost"}},
	{"cutting a WebSocket", false, 8 * time.Second, cutSocket, []string{"reconnect/websocket"}},

	{"streaming a request body over HTTP/1.1", false, 6 * time.Second, ask("processStream", processing, noteUploadHTTP1), []string{"grpc/sends-stream-http1"}},

	{"EventSource over HTTP/2", true, 6 * time.Second, ask("listenForEvents", listening(http2), noteEvents(http2, "HTTP/2.0")), []string{"eventsource/http2"}},
	{"many EventSources over HTTP/2", true, 6 * time.Second, ask("countSources", inPage("stream", 20, sourceTimeout.Milliseconds()), noteOpen("limit/http2", "EventSources over HTTP/2", 20, sourceTimeout)), nil},
	{"gRPC server streaming through fetch", true, 5 * time.Second, ask("fetchData", inPage(grpcService+"FetchData?as=fetch", itemsWanted), noteServerStream), []string{"grpc/server-stream", "grpc/status"}},
	{"bidirectional gRPC through fetch", true, 8 * time.Second, ask("processStream", processing, noteProcess), []string{"grpc/bidirectional", "grpc/bidirectional-after-end"}},
}

// arguments returns the argument list of a call to page.js.
type arguments func(*session) []any

// ask returns a step's run: it calls a function of page.js, whose findings it passes to note.
func ask[T any](function string, args arguments, note func(*session, T)) func(context.Context, *session) error {
	return func(ctx context.Context, v *session) error {
		seen, err := call[T](ctx, function, args(v)...)
		if err == nil {
			note(v, seen)
		}
		return err
	}
}

func nothing(*session) []any { return nil }

// inPage starts with a URL below the page's.
func inPage(path string, more ...any) arguments {
	return func(v *session) []any { return append([]any{v.page + path}, more...) }
}

// chat starts with the URL of the guide's chat for the named client.
func chat(scheme, name string, more ...any) arguments {
	return func(v *session) []any {
		server := v.servers.Plain
		if scheme == "wss" {
			server = v.servers.TLS
		}
		return append([]any{scheme + "://" + server.Addresses["websocket"] + "/ws/" + name}, more...)
	}
}

// echo starts with the URL of the reference server's echo.
func echo(more ...any) arguments {
	return func(v *session) []any {
		url := "ws://" + v.servers.Plain.Addresses["websocket"] + proto.BenchPath + "?" + proto.Call{Pattern: proto.Echo}.Encode()
		return append([]any{url}, more...)
	}
}
