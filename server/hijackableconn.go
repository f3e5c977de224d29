package server

import (
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// A hijackableConn can be taken over by an event stream after fasthttp has read the
// request.
type hijackableConn struct {
	net.Conn
	unread []byte                // read before fasthttp
	opened bool                  // a request was read
	http10 bool                  // no chunks: the stream ends with the connection
	stream func() (serve func()) // opens the stream; nil if none was requested
}

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

// connOf returns the connection of a request and removes its deadline: the client may be
// silent until its next POST.
func connOf(ctx *fasthttp.RequestCtx) *hijackableConn {
	c, _ := ctx.Conn().(*hijackableConn)
	if !c.opened {
		c.opened, c.http10 = true, !ctx.Request.Header.IsHTTP11()
		_ = c.SetDeadline(time.Time{})
	}
	return c
}

// hijack makes stream run once fasthttp has released the connection.
func (c *hijackableConn) hijack(ctx *fasthttp.RequestCtx, stream func() (serve func())) {
	c.stream = stream
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(net.Conn) {}) // not called if the connection is gone
}

// eventStreamHead returns the response header of an event stream.
func (c *hijackableConn) eventStreamHead() []byte {
	how := "Transfer-Encoding: chunked"
	if c.http10 {
		how = "Connection: close"
	}
	return []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n" + how + "\r\n\r\n")
}
