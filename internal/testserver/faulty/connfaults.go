package faulty

import (
	"io"
	"math/rand/v2"
)

const banner = "SSH-2.0-OpenSSH_9.6\r\n"

// Faults before the first request.
var connectionFaults = []row{
	{exceptGRPC, "nothing listens", "connection refused", true, behavior{notListening: true}},
	{grpcOnly, "nothing listens", "gRPC Unavailable: connection refused", true, behavior{notListening: true}},
	{exceptGRPC, "resets at once", "connection reset", true, behavior{onConn: resetConn}},
	{grpcOnly, "resets at once", "gRPC Unavailable: connection reset", true, behavior{onConn: resetConn}},
	{exceptGRPC, "closes at once", "connection closed by the server", true, behavior{onConn: closeConn}},
	{grpcOnly, "closes at once", "gRPC Unavailable: connection closed by the server", true, behavior{onConn: closeConn}},
	{allProtocols, "never responds", "timeout", true, behavior{onConn: neverReply}},
	{"websocket", "stalls mid-response", "timeout", true, behavior{onConn: replyPartially("HTTP/1.1 101 Switching Prot")}},
	{"sse", "stalls mid-response", "timeout", true, behavior{onConn: replyPartially("HTTP/1.1 200 OK\r\nContent-Type: text/ev")}},
	{overHTTP2, "stalls mid-response", "timeout", true, behavior{onConn: replyPartially("\x00\x00\x12\x04\x00\x00\x00")}},
	{tcpOnly, "stalls mid-response", "timeout", true, behavior{onConn: replyPartially("half a mess")}},
	{overHTTP1, "is an SSH server", "not HTTP", true, behavior{onConn: sendBanner(banner)}},
	{overHTTP2, "is an SSH server", "not HTTP/2", true, behavior{onConn: sendBanner(banner)}},
	{overHTTP1, "sends garbage", "not HTTP", true, behavior{onConn: replyWith(garbage())}},
	{overHTTP2, "sends garbage", "not HTTP/2", true, behavior{onConn: replyWith(garbage())}},
	{tcpOnly, "sends garbage", "connection closed by the server", true, behavior{onConn: replyWith(garbage())}},
	{overHTTP2, "speaks only HTTP/1.1", "not HTTP/2", true, behavior{onConn: replyWith("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 12\r\n\r\nbad request\n")}},
	{"websocket", "is an SSE server", "HTTP status 200", true, behavior{respond: func(x *exchange) { x.fault(); x.serveSSE() }}},
	{sseBoth, "is a WebSocket server", "HTTP status 426", true, behavior{respond: func(x *exchange) { x.fault(); x.upgrade("") }}},
	{grpcOnly, "is a WebSocket server", "not HTTP/2", true, behavior{onConn: replyWith("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n")}},
}

func resetConn(c *conn) { c.reset() }

func closeConn(c *conn) { closeGracefully(c) }

func neverReply(c *conn) { c.drain() }

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

// replyPartially sends the start of a response and stalls.
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
