package fasthttp

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// clients holds the messages for each open stream.
type clients struct {
	mu       sync.Mutex
	messages map[string]chan []byte
}

// ServeEcho returns each message, a POST, to its sender as an event.
func ServeEcho(l net.Listener) error {
	c := &clients{messages: map[string]chan []byte{}}
	return fasthttp.Serve(l, func(ctx *fasthttp.RequestCtx) {
		client := string(ctx.QueryArgs().Peek("client"))
		if ctx.IsPost() {
			c.receive(ctx, client)
			return
		}
		c.stream(ctx, client)
	})
}

func (c *clients) stream(ctx *fasthttp.RequestCtx, client string) {
	messages := make(chan []byte, 1)
	c.mu.Lock()
	c.messages[client] = messages
	c.mu.Unlock()
	ctx.SetContentType("text/event-stream")
	ctx.Response.Header.Set("Cache-Control", "no-cache")
	ctx.Response.ImmediateHeaderFlush = true
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.messages, client)
		}()
		alive := time.NewTicker(15 * time.Second)
		defer alive.Stop()
		for {
			select {
			case message := <-messages:
				_, _ = fmt.Fprintf(w, "data: %s\n\n", message)
			case <-alive.C: // only writing shows that the client is gone
				_, _ = w.WriteString(": alive\n\n")
			}
			if err := w.Flush(); err != nil {
				return
			}
		}
	})
}

func (c *clients) receive(ctx *fasthttp.RequestCtx, client string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	messages, ok := c.messages[client]
	if !ok {
		ctx.Error("no such client", fasthttp.StatusNotFound)
		return
	}
	select {
	case messages <- bytes.Clone(ctx.PostBody()):
		ctx.SetStatusCode(fasthttp.StatusNoContent)
	default:
		ctx.Error("the client is slow", fasthttp.StatusServiceUnavailable)
	}
}
