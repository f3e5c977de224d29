package websocket

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/valyala/fastjson"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// guide speaks to the guide's chat room (Fanout: what the first client says
// goes to all) and to its sessions (Echo).
type guide struct{ target driver.Target }

// NewGuide returns a driver for the guide's API.
func NewGuide(t driver.Target) driver.Driver { return guide{t} }

// Open implements driver.Driver.
func (d guide) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	switch c.Pattern {
	case proto.Fanout:
		return d.chat(ctx, c)
	case proto.Echo:
		return d.session(ctx)
	}
	return nil, guideapi.Unsupported("websocket", c.Pattern)
}

func (d guide) Close() error { return nil }

// memberID is the name of a client in the room: of this run, should others be there.
func memberID(c proto.Call, share int) string { return fmt.Sprintf("rtbench-%x-%d", c.Origin, share) }

// chat joins the room, and returns when the server answers there.
func (d guide) chat(ctx context.Context, c proto.Call) (driver.Stream, error) {
	nc, conn, err := d.open(ctx, "/ws/"+memberID(c, c.Share))
	if err != nil {
		return nil, err
	}
	err = driver.Handshake(ctx, nc, func() error {
		if err := conn.Send([]byte(`{"type":"ping"}`)); err != nil {
			return err
		}
		return waitForPong(conn)
	})
	if err != nil {
		return nil, err
	}
	return driver.Transcode(conn, appendChat, chatMessages(d.target, memberID(c, 0))), nil
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
		if v, err := parser.ParseBytes(b); err == nil && guideapi.ServerError(v) != nil {
			return fmt.Errorf("%w: %w", driver.ErrRefused, guideapi.ServerError(v))
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
func (d guide) session(ctx context.Context) (driver.Stream, error) {
	if d.target.Token == "" {
		return nil, guideapi.ErrNoToken
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
	return driver.Transcode(conn, plain, sessionMessages(d.target)), nil
}

func (d guide) open(ctx context.Context, path string) (net.Conn, *eventloop.Conn, error) {
	nc, rest, err := upgrade(ctx, d.target, path, "")
	if err != nil {
		return nil, nil, err
	}
	_ = nc.SetDeadline(time.Time{})
	return nc, eventloop.NewConn(nc, &framing.WebSocket{Client: true, Text: true}, rest), nil
}

// chatMessages takes what a chat room sends: the text of messages of client from.
func chatMessages(t driver.Target, from string) func([]byte) ([]byte, error) {
	var parser fastjson.Parser
	return func(b []byte) ([]byte, error) {
		if len(b) == 0 || b[0] != '{' {
			t.ReportUnmatched(b) // a pong
			return nil, nil
		}
		v, err := parser.ParseBytes(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", guideapi.ErrNotGuide, err)
		}
		if string(v.GetStringBytes("type")) == "chat" && string(v.GetStringBytes("client_id")) == from {
			if text := v.GetStringBytes("message"); guideapi.IsMeasured(text) {
				return text, nil
			}
		}
		if err := guideapi.ServerError(v); err != nil {
			return nil, err
		}
		t.ReportUnmatched(b) // someone else's in the same room, or a notice
		return nil, nil
	}
}

// sessionMessages takes what /ws/authenticated sends: what was sent, and in JSON what
// the server says by itself. No measured message begins as JSON does.
func sessionMessages(t driver.Target) func([]byte) ([]byte, error) {
	var parser fastjson.Parser
	return func(b []byte) ([]byte, error) {
		if guideapi.IsMeasured(b) {
			return b, nil
		}
		if len(b) > 0 && b[0] == '{' {
			v, err := parser.ParseBytes(b)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", guideapi.ErrNotGuide, err)
			}
			if err := guideapi.ServerError(v); err != nil {
				return nil, err
			}
		}
		t.ReportUnmatched(b)
		return nil, nil
	}
}
