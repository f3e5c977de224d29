package guideapi

import (
	"errors"
	"fmt"
	"hash/crc32"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/codec"
)

// defineEcho defines an authenticated WebSocket, which echoes. The server does not acknowledge a valid
// token; an invalid one fails the first message.
func defineEcho(s *Session) {
	if s.api.Token == "" {
		s.err = errNoToken
		return
	}
	s.setEndpoint("ws", "/ws/authenticated")
	s.join = func(st *driver.Stream) error { return st.Send(fmt.Appendf(nil, `{"token":%q}`, s.api.Token)) }
	s.encode = func(h proto.Header) ([]byte, error) { return s.stamped.Encode(h) }
	problem := newProblem()
	s.decode = func(b []byte) (proto.Header, codec.Outcome, error) {
		if h, o := s.measured(b); o != codec.Unmatched {
			return h, o, nil
		}
		if len(b) > 0 && b[0] == '{' { // from the server itself: no measured message starts like JSON
			if err := problem.in(b); err != nil {
				return proto.Header{}, codec.None, err
			}
		}
		return s.unmatched(b)
	}
}

// defineChat defines a member of the chat room, where the first client publishes. It waits for the
// server's pong.
func defineChat(s *Session) {
	s.setEndpoint("ws", "/ws/"+memberID(s.call, s.call.Share))
	s.join = func(st *driver.Stream) error {
		if err := st.Send([]byte(`{"type":"ping"}`)); err != nil {
			return err
		}
		return waitForPong(st)
	}
	var out []byte
	s.encode = func(h proto.Header) ([]byte, error) { // the text form needs no JSON escapes
		out = append(append(append(out[:0], `{"type":"chat","content":"`...), s.stamped.Stamp(h.Shifted(s.api.ClockShift))...), `"}`...)
		return out, nil
	}
	publisher := memberID(s.call, 0)
	kind, client, content, problem := newField("type"), newField("client_id"), newField("message"), newProblem()
	s.decode = func(b []byte) (proto.Header, codec.Outcome, error) {
		if len(b) == 0 || b[0] != '{' {
			return s.unmatched(b) // such as a pong
		}
		if string(kind.get(b)) == "chat" && string(client.get(b)) == publisher {
			if h, o := s.measuredAfter(content.get(b), s.api.ClockShift); o != codec.Unmatched {
				return h.Shifted(-s.api.ClockShift), o, nil
			}
		}
		if err := problem.in(b); err != nil {
			return proto.Header{}, codec.None, err
		}
		return s.unmatched(b) // from another client, or a notice
	}
}

// memberID returns the name of a client in the chat room. It differs between runs.
func memberID(c proto.Call, share int) string {
	return fmt.Sprintf("rtbench-%x-%d", crc32.ChecksumIEEE([]byte(c.Topic)), share)
}

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
