package gobwas

import (
	"context"
	"net"
	"net/http"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// ServeEcho returns each message to its sender.
func ServeEcho(l net.Listener) error {
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			message, op, err := wsutil.ReadClientData(conn)
			if err != nil {
				return
			}
			if err := wsutil.WriteServerMessage(conn, op, message); err != nil {
				return
			}
		}
	}))
}

// CallEcho sends messages to the server at url, and calls each for the reply to each of them.
func CallEcho(ctx context.Context, url string, messages [][]byte, each func([]byte)) error {
	conn, _, _, err := ws.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, message := range messages {
		if err := wsutil.WriteClientText(conn, message); err != nil {
			return err
		}
		reply, err := wsutil.ReadServerText(conn)
		if err != nil {
			return err
		}
		each(reply)
	}
	return nil
}
