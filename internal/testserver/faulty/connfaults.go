package faulty

import (
	"io"
	"math/rand/v2"
)

const banner = "SSH-2.0-OpenSSH_9.6\r\n"

// Faults before the first request.
var connectionFaults = []row{
	{name: "nothing listens", over: classes{exceptGRPC: "connection refused", "grpc": "gRPC Unavailable: connection refused"}, terminal: true, notListening: true},
	{name: "resets at once", over: classes{exceptGRPC: "connection reset", "grpc": "gRPC Unavailable: connection reset"}, terminal: true, onConn: (*conn).reset},
	{name: "closes at once", over: classes{exceptGRPC: "connection closed by the server", "grpc": "gRPC Unavailable: connection closed by the server"}, terminal: true, onConn: sendBanner("")},
	{name: "never responds", over: classes{allProtocols: "timeout"}, terminal: true, onConn: (*conn).drain},
	{name: "stalls mid-response", over: classes{allProtocols: "timeout"}, terminal: true, onConn: stallMidResponse},
	{name: "is an SSH server", over: classes{overHTTP1: "not HTTP", overHTTP2: "not HTTP/2"}, terminal: true, onConn: sendBanner(banner)},
	{name: "sends garbage", over: classes{overHTTP1: "not HTTP", overHTTP2: "not HTTP/2", "tcp": "connection closed by the server"}, terminal: true, onConn: replyWith(garbage())},
	{name: "speaks only HTTP/1.1", over: classes{overHTTP2: "not HTTP/2"}, terminal: true, onConn: replyWith("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 12\r\n\r\nbad request\n")},
	{name: "is an SSE server", over: classes{"websocket": "HTTP status 200"}, terminal: true, respond: func(x *exchange) { x.fault(); x.serveSSE() }},
	{name: "is a WebSocket server", over: classes{sseBoth: "HTTP status 426"}, terminal: true, respond: func(x *exchange) { x.fault(); x.upgrade("") }},
	{name: "is a WebSocket server", over: classes{"grpc": "not HTTP/2"}, terminal: true, onConn: replyWith("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n")},
}

// readRequest waits for the first bytes of a request.
func (c *conn) readRequest() { _, _ = c.Read(make([]byte, 4096)) }

// sendBanner sends text before any request and closes.
func sendBanner(text string) func(*conn) {
	return func(c *conn) {
		_, _ = io.WriteString(c, text)
		closeGracefully(c)
	}
}

// replyWith replies with text and closes.
func replyWith(text string) func(*conn) {
	return func(c *conn) {
		c.readRequest()
		sendBanner(text)(c)
	}
}

// stallMidResponse sends the start of a response and stalls.
func stallMidResponse(c *conn) {
	const settings = "\x00\x00\x12\x04\x00\x00\x00" // of an HTTP/2 frame
	replyPartially(map[string]string{
		"websocket": "HTTP/1.1 101 Switching Prot", "sse": "HTTP/1.1 200 OK\r\nContent-Type: text/ev",
		"sse-h2": settings, "grpc": settings, "tcp": "half a mess",
	}[c.s.Fault.Protocol])(c)
}

// replyPartially replies with text and stalls.
func replyPartially(text string) func(*conn) {
	return func(c *conn) {
		c.readRequest()
		_, _ = io.WriteString(c, text)
		c.drain()
	}
}

// garbage returns 4 KiB of fixed bytes that match no protocol and contain no line end.
func garbage() string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 4096)
	for i := range b {
		b[i] = 0x80 | byte(r.Uint32())
	}
	return string(b)
}
