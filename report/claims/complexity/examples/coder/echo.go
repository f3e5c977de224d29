package coder

import (
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// ServeEcho returns each message to its sender.
func ServeEcho(l net.Listener) error {
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, message, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if err := conn.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	}))
}

// CallEcho sends messages to the server at url, and calls each for the reply to each of them.
func CallEcho(ctx context.Context, url string, messages [][]byte, each func([]byte)) error {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	for _, message := range messages {
		if err := conn.Write(ctx, websocket.MessageText, message); err != nil {
			return err
		}
		_, reply, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		each(reply)
	}
	return nil
}
