package faulty

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// HTTP responses other than the requested stream.
var responseFaults = []row{
	{name: "204", over: classes{overHTTPExceptGRPC: "HTTP status 204"}, terminal: true, respond: respondStatus(204)},
	{name: "200 without upgrade", over: classes{"websocket": "HTTP status 200"}, terminal: true, respond: respondStatus(200)},
	{name: "200 with the wrong content type", over: classes{"sse sse-h2 grpc": "wrong content type"}, terminal: true, respond: respondStatus(200, "Content-Type: text/html")},
	{name: "redirects to itself", over: classes{overHTTPExceptGRPC: "redirect loop"}, terminal: true, respond: redirectLoop},
	{name: "redirects to another host", over: classes{"websocket": "HTTP redirect", sseBoth: "redirect to another host"}, terminal: true, respond: respondStatus(302, "Location: https://elsewhere.invalid/")},
	{name: "401", over: classes{overHTTP: "HTTP status 401"}, terminal: true, respond: respondStatus(401, `WWW-Authenticate: Bearer realm="faulty"`)},
	{name: "403", over: classes{overHTTP: "HTTP status 403"}, terminal: true, respond: respondStatus(403)},
	{name: "404", over: classes{overHTTP: "HTTP status 404"}, terminal: true, respond: respondStatus(404)},
	{name: "429", over: classes{overHTTP: "HTTP status 429"}, terminal: true, respond: respondStatus(429, "Retry-After: 1")},
	{name: "500", over: classes{overHTTP: "HTTP status 500"}, terminal: true, respond: respondStatus(500)},
	{name: "502 from a proxy", over: classes{overHTTP: "HTTP status 502"}, terminal: true, respond: respondStatus(502, "Content-Type: text/html")},
	{name: "503", over: classes{overHTTP: "HTTP status 503"}, terminal: true, respond: respondStatus(503)},
	{name: "accepts the request and never responds", over: classes{overHTTP: "timeout"}, terminal: true, respond: neverRespond},
	{name: "endless header", over: classes{overHTTP1: "HTTP header too long"}, terminal: true, respond: endlessHeader},
	{name: "header of 1 MiB", over: classes{"sse-h2 grpc": "HTTP header too long"}, terminal: true, respond: longHeader},
	{name: "wrong Sec-WebSocket-Accept", over: classes{"websocket": "not WebSocket"}, terminal: true, respond: wrongAccept},
	{name: "subprotocol that was not offered", over: classes{"websocket": "subprotocol refused"}, terminal: true, respond: unofferedSubprotocol},
	{name: "extension that was not offered", over: classes{"websocket": "extension refused"}, terminal: true, respond: unofferedExtension},
	{name: "garbage status line", over: classes{"sse": "malformed HTTP"}, terminal: true, respond: rawResponse("HTTP/1.1 two hundred\r\n\r\n")},
	{name: "body shorter than Content-Length", over: classes{"sse": "connection closed by the server"}, terminal: true, respond: rawResponse("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\ndata: half a mess")},
	{name: "unrequested compression", over: classes{sseBoth: "unrequested content encoding"}, terminal: true, respond: unrequestedGzip},
}

// respondStatus responds with a status, headers (each "Name: value") and a line of text.
func respondStatus(code int, headers ...string) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			x.w.Header().Set(name, value)
		}
		if code == http.StatusNoContent {
			x.w.WriteHeader(code)
			return
		}
		if x.w.Header().Get("Content-Type") == "" {
			x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		x.w.WriteHeader(code)
		_, _ = fmt.Fprintf(x.w, "%s: %s\n", http.StatusText(code), x.s.Fault.Name)
	}
}

// redirectLoop redirects to the requested URL.
func redirectLoop(x *exchange) { respondStatus(301, "Location: "+x.r.URL.RequestURI())(x) }

// neverRespond accepts a request and stalls.
func neverRespond(x *exchange) {
	x.fault()
	x.awaitDisconnect()
}

// endlessHeader sends a status and endless header lines.
func endlessHeader(x *exchange) {
	x.fault()
	h, err := x.hijack()
	if err != nil {
		return
	}
	defer func() { _ = h.Close() }()
	line := map[string]string{"websocket": "HTTP/1.1 101 Switching Protocols\r\n", "sse": "HTTP/1.1 200 OK\r\n"}[x.s.Fault.Protocol]
	for err == nil {
		_, err = io.WriteString(h, line)
		line = "X-Filler: " + strings.Repeat("a", 1000) + "\r\n"
	}
}

// longHeader adds a header of 1 MiB to a correct response.
func longHeader(x *exchange) {
	x.fault()
	x.w.Header().Set("X-Filler", strings.Repeat("a", 1<<20))
	x.serve()
}

// rawResponse sends text instead of a response and closes.
func rawResponse(text string) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		h, err := x.hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(h, text)
		closeGracefully(h.Conn)
	}
}

// unrequestedGzip compresses events although the client did not ask for it.
func unrequestedGzip(x *exchange) {
	if x.r.Method == http.MethodPost {
		x.serve()
		return
	}
	x.fault()
	x.w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(x.w)
	x.pushEvents(z, z.Flush)
}
