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
	{overHTTPExceptGRPC, "204", "HTTP status 204", true, behavior{respond: respondStatus(204)}},
	{"websocket", "200 without upgrade", "HTTP status 200", true, behavior{respond: respondStatus(200)}},
	{sseBoth, "200 with the wrong content type", "wrong content type", true, behavior{respond: respondStatus(200, "Content-Type: text/html")}},
	{grpcOnly, "200 with the wrong content type", "wrong content type", true, behavior{respond: respondStatus(200, "Content-Type: text/html")}},
	{overHTTPExceptGRPC, "redirects to itself", "redirect loop", true, behavior{respond: redirectLoop}},
	{"websocket", "redirects to another host", "HTTP redirect", true, behavior{respond: respondStatus(302, "Location: https://elsewhere.invalid/")}},
	{sseBoth, "redirects to another host", "redirect to another host", true, behavior{respond: respondStatus(302, "Location: https://elsewhere.invalid/")}},
	{overHTTPExceptGRPC, "401", "HTTP status 401", true, behavior{respond: respondStatus(401, `WWW-Authenticate: Bearer realm="faulty"`)}},
	{grpcOnly, "401", "HTTP status 401", true, behavior{respond: respondStatus(401, `WWW-Authenticate: Bearer realm="faulty"`)}},
	{overHTTPExceptGRPC, "403", "HTTP status 403", true, behavior{respond: respondStatus(403)}},
	{grpcOnly, "403", "HTTP status 403", true, behavior{respond: respondStatus(403)}},
	{overHTTPExceptGRPC, "404", "HTTP status 404", true, behavior{respond: respondStatus(404)}},
	{grpcOnly, "404", "HTTP status 404", true, behavior{respond: respondStatus(404)}},
	{overHTTPExceptGRPC, "429", "HTTP status 429", true, behavior{respond: respondStatus(429, "Retry-After: 1")}},
	{grpcOnly, "429", "HTTP status 429", true, behavior{respond: respondStatus(429, "Retry-After: 1")}},
	{overHTTPExceptGRPC, "500", "HTTP status 500", true, behavior{respond: respondStatus(500)}},
	{grpcOnly, "500", "HTTP status 500", true, behavior{respond: respondStatus(500)}},
	{overHTTPExceptGRPC, "502 from a proxy", "HTTP status 502", true, behavior{respond: respondStatus(502, "Content-Type: text/html")}},
	{grpcOnly, "502 from a proxy", "HTTP status 502", true, behavior{respond: respondStatus(502, "Content-Type: text/html")}},
	{overHTTPExceptGRPC, "503", "HTTP status 503", true, behavior{respond: respondStatus(503)}},
	{grpcOnly, "503", "HTTP status 503", true, behavior{respond: respondStatus(503)}},
	{overHTTP, "accepts the request and never responds", "timeout", true, behavior{respond: neverRespond}},
	{"websocket", "endless header", "HTTP header too long", true, behavior{respond: endlessHeader("HTTP/1.1 101 Switching Protocols\r\n")}},
	{"sse", "endless header", "HTTP header too long", true, behavior{respond: endlessHeader("HTTP/1.1 200 OK\r\n")}},
	{"sse-h2", "header of 1 MiB", "HTTP header too long", true, behavior{respond: longHeader}},
	{grpcOnly, "header of 1 MiB", "", false, behavior{respond: longHeader}}, // grpc-go's limit is 16 MiB
	{"websocket", "wrong Sec-WebSocket-Accept", "not WebSocket", true, behavior{respond: wrongAccept}},
	{"websocket", "subprotocol that was not offered", "subprotocol refused", true, behavior{respond: unofferedSubprotocol}},
	{"websocket", "extension that was not offered", "extension refused", true, behavior{respond: unofferedExtension}},
	{"sse", "garbage status line", "malformed HTTP", true, behavior{respond: rawResponse("HTTP/1.1 two hundred\r\n\r\n")}},
	{"sse", "body shorter than Content-Length", "connection closed by the server", true, behavior{respond: rawResponse("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\ndata: half a mess")}},
	{sseBoth, "unrequested compression", "unrequested content encoding", true, behavior{respond: unrequestedGzip}},
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
func redirectLoop(x *exchange) {
	x.fault()
	x.w.Header().Set("Location", x.r.URL.RequestURI())
	x.w.WriteHeader(http.StatusMovedPermanently)
}

// neverRespond accepts a request and stalls.
func neverRespond(x *exchange) {
	x.fault()
	x.awaitDisconnect()
}

// endlessHeader sends a status and endless header lines.
func endlessHeader(first string) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		h, err := x.hijack()
		if err != nil {
			return
		}
		defer func() { _ = h.Close() }()
		_, err = io.WriteString(h, first)
		for line := "X-Filler: " + strings.Repeat("a", 1000) + "\r\n"; err == nil; {
			_, err = io.WriteString(h, line)
		}
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
