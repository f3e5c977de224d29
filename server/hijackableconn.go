package server

import (
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// hijackableConn lets its service serve a stream that has taken it over.
type hijackableConn struct {
	net.Conn
	unread []byte // what was read before fasthttp was asked
	opened bool   // a request has come
	http10 bool   // by HTTP/1.0, which knows no chunks: the end of the stream is that of the connection
	place  *connSlot
	stream func() (serve func()) // opens the stream; nil where none was asked for
}

// Read implements net.Conn.
func (c *hijackableConn) Read(p []byte) (int, error) {
	if len(c.unread) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.unread)
	if c.unread = c.unread[n:]; len(c.unread) == 0 {
		c.unread = nil
	}
	return n, nil
}

// connOf returns the connection of a request, which may be silent from now on: it may be
// long until its client posts again.
func connOf(ctx *fasthttp.RequestCtx) *hijackableConn {
	c, _ := ctx.Conn().(*hijackableConn)
	if !c.opened {
		c.opened, c.http10 = true, !ctx.Request.Header.IsHTTP11()
		_ = c.SetDeadline(time.Time{})
	}
	return c
}

// hijack has stream open what is served on the connection when fasthttp has let go of
// it.
func (c *hijackableConn) hijack(ctx *fasthttp.RequestCtx, stream func() (serve func())) {
	c.stream = stream
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(net.Conn) {}) // it is not called where the connection is gone
}

// eventStreamHead is the head of the answer to a request for a stream.
func (c *hijackableConn) eventStreamHead() []byte {
	how := "Transfer-Encoding: chunked"
	if c.http10 {
		how = "Connection: close"
	}
	return []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n" + how + "\r\n\r\n")
}
