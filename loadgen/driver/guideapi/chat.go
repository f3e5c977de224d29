package guideapi

import (
	"errors"
	"fmt"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// newEcho opens an authenticated WebSocket. The server does not acknowledge a valid token; an invalid
// one fails the first Recv.
func newEcho(a *API, c proto.Call) (session, error) {
	if a.Token == "" {
		return session{}, errNoToken
	}
	return session{
		endpoint: a.endpoint("ws", "/ws/authenticated", c),
		join:     func(st *driver.Stream) error { return st.Send(fmt.Appendf(nil, `{"token":%q}`, a.Token)) },
		encode:   func(_, p []byte) ([]byte, error) { return p, nil },
		decode:   a.echoes(),
	}, nil
}

// echoes decodes messages of /ws/authenticated: echoes, and JSON from the server itself. No measured
// message starts like JSON.
func (a *API) echoes() func([]byte) ([]byte, error) {
	problem := newProblem()
	return func(b []byte) ([]byte, error) {
		if isMeasured(b) {
			return b, nil
		}
		if len(b) > 0 && b[0] == '{' {
			if err := problem.in(b); err != nil {
				return nil, err
			}
		}
		a.reportUnmatched(b)
		return nil, nil
	}
}

// newChat joins the chat room, where the first client publishes, and waits for the server's pong.
func newChat(a *API, c proto.Call) (session, error) {
	return session{
		endpoint: a.endpoint("ws", "/ws/"+memberID(c, c.Share), c),
		join: func(st *driver.Stream) error {
			if err := st.Send([]byte(`{"type":"ping"}`)); err != nil {
				return err
			}
			return waitForPong(st)
		},
		encode: appendChat,
		decode: a.chatMessages(memberID(c, 0)),
	}, nil
}

// memberID returns the name of a client in the chat room. It differs between runs.
func memberID(c proto.Call, share int) string { return fmt.Sprintf("rtbench-%x-%d", c.Origin, share) }

func waitForPong(st driver.Conn) error {
	problem := newProblem()
	for {
		b, err := st.Recv()
		if err != nil {
			return err
		}
		if string(b) == "pong" {
			return nil
		}
		if err := problem.in(b); err != nil && !errors.Is(err, errNotGuide) {
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

// chatMessages decodes messages of the chat room and returns the texts that client from sent.
func (a *API) chatMessages(from string) func([]byte) ([]byte, error) {
	kind, client, content := newField("type"), newField("client_id"), newField("message")
	problem := newProblem()
	return func(b []byte) ([]byte, error) {
		if len(b) == 0 || b[0] != '{' {
			a.reportUnmatched(b) // such as a pong
			return nil, nil
		}
		if string(kind.get(b)) == "chat" && string(client.get(b)) == from {
			if text := content.get(b); isMeasured(text) {
				return text, nil
			}
		}
		if err := problem.in(b); err != nil {
			return nil, err
		}
		a.reportUnmatched(b) // from another client, or a notice
		return nil, nil
	}
}
