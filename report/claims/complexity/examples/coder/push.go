// Package coder is the minimal example over WebSocket with coder/websocket.
package coder

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// ServePush sends ten messages to each client.
func ServePush(l net.Listener) error {
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for i := range 10 {
			if err := conn.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, "message %d", i)); err != nil {
				return
			}
		}
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}))
}

// ReadPush calls each for the messages of the server at url until it closes the stream.
func ReadPush(ctx context.Context, url string, each func([]byte)) error {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	for {
		_, message, err := conn.Read(ctx)
		if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			return nil
		}
		if err != nil {
			return err
		}
		each(message)
	}
}
