// Package nethttp is the minimal example of a server of Server-Sent Events with net/http.
package nethttp

import (
	"fmt"
	"net"
	"net/http"
)

// ServePush sends ten events to each client.
func ServePush(l net.Listener) error {
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-cache")
		out := http.NewResponseController(w)
		for i := range 10 {
			if _, err := fmt.Fprintf(w, "data: message %d\n\n", i); err != nil {
				return
			}
			if err := out.Flush(); err != nil {
				return
			}
		}
	}))
}
