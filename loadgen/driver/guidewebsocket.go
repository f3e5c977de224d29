package driver

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/valyala/fastjson"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// guideWebSocket speaks to the guide's chat room (Fanout: what the first client says
// goes to all) and to its sessions (Echo).
type guideWebSocket struct{ target Target }

func (d guideWebSocket) Open(ctx context.Context, c proto.Call) (Stream, error) {
	switch c.Pattern {
	case proto.Fanout:
		return d.chat(ctx, c)
	case proto.Echo:
		return d.session(ctx)
	}
	return nil, Unsupported("websocket", c.Pattern)
}

func (d guideWebSocket) Close() error { return nil }

// member is the name of a client in the room: of this run, should others be there.
func member(c proto.Call, share int) string { return fmt.Sprintf("rtbench-%x-%d", c.Origin, share) }

// chat joins the room, and returns when the server answers there.
func (d guideWebSocket) chat(ctx context.Context, c proto.Call) (Stream, error) {
	nc, conn, err := d.open(ctx, "/ws/"+member(c, c.Share))
	if err != nil {
		return nil, err
	}
	err = Handshake(ctx, nc, func() error {
		if err := conn.Send([]byte(`{"type":"ping"}`)); err != nil {
			return err
		}
		return waitForPong(conn)
	})
	if err != nil {
		return nil, err
	}
	return Transcode(conn, appendChat, chatMessages(d.target, member(c, 0))), nil
}

func waitForPong(conn *eventloop.Conn) error {
	var parser fastjson.Parser
	for {
		b, err := conn.Recv()
		if err != nil {
			return err
		}
		if string(b) == "pong" {
			return nil
		}
		if v, err := parser.ParseBytes(b); err == nil && ServerError(v) != nil {
			return fmt.Errorf("%w: %w", ErrRefused, ServerError(v))
		}
	}
}

// appendChat appends what a client of the room says. A measured message in the text form
// has nothing in it that JSON would escape.
func appendChat(dst, p []byte) ([]byte, error) {
	dst = append(dst, `{"type":"chat","content":"`...)
	dst = append(dst, p...)
	return append(dst, `"}`...), nil
}

// session opens a session. The server says nothing to a good token; the answer to a bad
// one comes as the stream's first error.
func (d guideWebSocket) session(ctx context.Context) (Stream, error) {
	if d.target.Token == "" {
		return nil, ErrNoToken
	}
	_, conn, err := d.open(ctx, "/ws/authenticated")
	if err != nil {
		return nil, err
	}
	if err := conn.Send(fmt.Appendf(nil, `{"token":%q}`, d.target.Token)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	plain := func(dst, p []byte) ([]byte, error) { return append(dst, p...), nil }
	return Transcode(conn, plain, sessionMessages(d.target)), nil
}

var ErrNoToken = fmt.Errorf("%w: the guide's contract asks for a token here, and there is none (set RTBENCH_TOKEN; `rtbench serve --token-for NAME` prints one)", ErrRefused)

func (d guideWebSocket) open(ctx context.Context, path string) (net.Conn, *eventloop.Conn, error) {
	nc, rest, err := upgrade(ctx, d.target, path, "")
	if err != nil {
		return nil, nil, err
	}
	_ = nc.SetDeadline(time.Time{})
	return nc, eventloop.NewConn(nc, &framing.WebSocket{Client: true, Text: true}, rest), nil
}
