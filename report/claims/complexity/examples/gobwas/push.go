// Package gobwas is the minimal example over WebSocket with gobwas/ws and wsutil.
package gobwas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// ServePush sends ten messages to each client.
func ServePush(l net.Listener) error {
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer conn.Close()
		for i := range 10 {
			if err := wsutil.WriteServerText(conn, fmt.Appendf(nil, "message %d", i)); err != nil {
				return
			}
		}
		_ = wsutil.WriteServerMessage(conn, ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))
	}))
}

// ReadPush calls each for the messages of the server at url until it closes the stream.
func ReadPush(ctx context.Context, url string, each func([]byte)) error {
	conn, early, _, err := ws.Dial(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close()
	rw := struct {
		io.Reader
		io.Writer
	}{conn, conn}
	if early != nil { // frames that came with the handshake
		rw.Reader = early
	}
	for {
		message, err := wsutil.ReadServerText(rw)
		if closed := (wsutil.ClosedError{}); errors.As(err, &closed) && closed.Code == ws.StatusNormalClosure {
			return nil
		}
		if err != nil {
			return err
		}
		each(message)
	}
}
