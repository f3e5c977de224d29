package websocket

import (
	"context"
	"errors"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/proto"
)

// guide uses the guide's chat room for Fanout, with the first client as publisher, and its
// authenticated sessions for Echo.
type guide struct{ target driver.Target }

// NewGuide returns a driver for the guide's API.
func NewGuide(t driver.Target) driver.Driver { return guide{t} }

func (d guide) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	switch c := e.Call; c.Pattern {
	case proto.Fanout:
		return d.chat(ctx, c)
	case proto.Echo:
		return d.session(ctx)
	}
	return nil, guideapi.Unsupported("websocket", e.Call.Pattern)
}

func (d guide) Close() error { return nil }

// memberID returns the name of a client in the chat room. It differs between runs.
func memberID(c proto.Call, share int) string { return fmt.Sprintf("rtbench-%x-%d", c.Origin, share) }

// chat joins the room and waits for the server's pong.
func (d guide) chat(ctx context.Context, c proto.Call) (*driver.Stream, error) {
	st, err := d.open(ctx, "/ws/"+memberID(c, c.Share))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	err = st.Send([]byte(`{"type":"ping"}`))
	if err == nil {
		err = waitForPong(st)
	}
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return driver.Transcode(st, appendChat, chatMessages(d.target, memberID(c, 0))), nil
}

func waitForPong(conn driver.Conn) error {
	problem := guideapi.NewProblem()
	for {
		b, err := conn.Recv()
		if err != nil {
			return err
		}
		if string(b) == "pong" {
			return nil
		}
		if err := problem.In(b); err != nil && !errors.Is(err, guideapi.ErrNotGuide) {
			return fmt.Errorf("%w: %w", driver.ErrRefused, err)
		}
	}
}

// appendChat appends a chat message with text p. Measured messages in the text form need no JSON
// escapes.
func appendChat(dst, p []byte) ([]byte, error) {
	dst = append(dst, `{"type":"chat","content":"`...)
	dst = append(dst, p...)
	return append(dst, `"}`...), nil
}

// session opens an authenticated session. The server does not acknowledge a valid token; an invalid
// one fails the first Recv.
func (d guide) session(ctx context.Context) (*driver.Stream, error) {
	if d.target.Token == "" {
		return nil, guideapi.ErrNoToken
	}
	st, err := d.open(ctx, "/ws/authenticated")
	if err != nil {
		return nil, err
	}
	if err := st.Send(fmt.Appendf(nil, `{"token":%q}`, d.target.Token)); err != nil {
		_ = st.Close()
		return nil, err
	}
	plain := func(dst, p []byte) ([]byte, error) { return append(dst, p...), nil }
	return driver.Transcode(st, plain, sessionMessages(d.target)), nil
}

func (d guide) open(ctx context.Context, path string) (*driver.Stream, error) {
	return client(d).Open(ctx, &driver.Endpoint{URL: driver.NewURL("ws", d.target.TLS != nil, d.target.Address, path, "")})
}

// chatMessages decodes messages of the chat room and returns the texts that client from sent.
func chatMessages(t driver.Target, from string) func([]byte) ([]byte, error) {
	kind, client, content := guideapi.NewField("type"), guideapi.NewField("client_id"), guideapi.NewField("message")
	problem := guideapi.NewProblem()
	return func(b []byte) ([]byte, error) {
		if len(b) == 0 || b[0] != '{' {
			t.ReportUnmatched(b) // such as a pong
			return nil, nil
		}
		if string(kind.Get(b)) == "chat" && string(client.Get(b)) == from {
			if text := content.Get(b); guideapi.IsMeasured(text) {
				return text, nil
			}
		}
		if err := problem.In(b); err != nil {
			return nil, err
		}
		t.ReportUnmatched(b) // from another client, or a notice
		return nil, nil
	}
}

// sessionMessages decodes messages of /ws/authenticated: echoes, and JSON from the server itself. No
// measured message starts like JSON.
func sessionMessages(t driver.Target) func([]byte) ([]byte, error) {
	problem := guideapi.NewProblem()
	return func(b []byte) ([]byte, error) {
		if guideapi.IsMeasured(b) {
			return b, nil
		}
		if len(b) > 0 && b[0] == '{' {
			if err := problem.In(b); err != nil {
				return nil, err
			}
		}
		t.ReportUnmatched(b)
		return nil, nil
	}
}
