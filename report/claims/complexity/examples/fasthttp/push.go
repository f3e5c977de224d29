// Package fasthttp is the minimal example of a server of Server-Sent Events with fasthttp.
package fasthttp

import (
	"bufio"
	"fmt"
	"net"

	"github.com/valyala/fasthttp"
)

// ServePush sends ten events to each client.
func ServePush(l net.Listener) error {
	return fasthttp.Serve(l, func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType("text/event-stream")
		ctx.Response.Header.Set("Cache-Control", "no-cache")
		ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
			for i := range 10 {
				_, _ = fmt.Fprintf(w, "data: message %d\n\n", i)
				if err := w.Flush(); err != nil {
					return
				}
			}
		})
	})
}
