package driver

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/valyala/fastjson"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// The guide's contract has messages of its own. Its drivers have the measured messages
// travel inside those, so that the same streams can be driven, timed and counted, and
// any server that implements the contract can be measured.

var guideTable = []struct {
	name string
	open func(Target) Driver
}{
	{"websocket", func(t Target) Driver { return guideWebSocket{t} }},
	{"sse", func(t Target) Driver { return guideSSE{t} }},
	{"sse-h2", func(t Target) Driver { return guideSSEH2{t, NewSharedConn(t)} }},
	{"grpc", newGuideGRPC},
}

// NewGuide returns a driver that speaks the guide's contract over the protocol of that
// name, for the patterns of proto.Protocol.Guide. It does not connect yet. Its calls
// must ask for messages in the text form, uploads excepted.
func NewGuide(protocol string, t Target) (Driver, error) {
	for _, r := range guideTable {
		if r.name == protocol {
			return r.open(t), nil
		}
	}
	return nil, fmt.Errorf("the guide's contract says nothing of protocol %q", protocol)
}

func Unsupported(protocol string, p proto.Pattern) error {
	return fmt.Errorf("the guide's contract has no %s over %s", p, protocol)
}

// What a server of the contract may say of itself.
var (
	errSaid     = errors.New("the server says")
	ErrNotGuide = errors.New("this is no message of the guide's contract")
)

// ServerError is the error in a JSON message, or nil: {"error":"Unauthorized"}.
func ServerError(v *fastjson.Value) error {
	text := v.GetStringBytes("error")
	switch string(text) {
	case "":
		return nil
	case "Unauthorized", "Token required":
		return fmt.Errorf("%w: %s", ErrRefused, text)
	}
	return fmt.Errorf("%w: %s", errSaid, text)
}

// chatMessages takes what a chat room sends: the text of messages of client from.
func chatMessages(t Target, from string) func([]byte) ([]byte, error) {
	var parser fastjson.Parser
	return func(b []byte) ([]byte, error) {
		if len(b) == 0 || b[0] != '{' {
			t.ReportUnmatched(b) // a pong
			return nil, nil
		}
		v, err := parser.ParseBytes(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotGuide, err)
		}
		if string(v.GetStringBytes("type")) == "chat" && string(v.GetStringBytes("client_id")) == from {
			if text := v.GetStringBytes("message"); IsMeasured(text) {
				return text, nil
			}
		}
		if err := ServerError(v); err != nil {
			return nil, err
		}
		t.ReportUnmatched(b) // someone else's in the same room, or a notice
		return nil, nil
	}
}

// sessionMessages takes what /ws/authenticated sends: what was sent, and in JSON what
// the server says by itself. No measured message begins as JSON does.
func sessionMessages(t Target) func([]byte) ([]byte, error) {
	var parser fastjson.Parser
	return func(b []byte) ([]byte, error) {
		if IsMeasured(b) {
			return b, nil
		}
		if len(b) > 0 && b[0] == '{' {
			v, err := parser.ParseBytes(b)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrNotGuide, err)
			}
			if err := ServerError(v); err != nil {
				return nil, err
			}
		}
		t.ReportUnmatched(b)
		return nil, nil
	}
}

// IsMeasured reports whether a text is a measured message, even one that is damaged or cut short:
// then a time in its header is a recent one.
func IsMeasured(p []byte) bool {
	if recentHeader(p) {
		return true
	}
	_, err := proto.ParseHeader(p, true)
	return err == nil
}

func recentHeader(p []byte) bool {
	h, fields := proto.PeekHeader(p, true)
	const day = int64(24 * 3600e9)
	now := clock.Now()
	recent := func(at int64) bool { return at > max(0, now-day) && at <= now+day }
	switch {
	case fields < 2:
		return false
	case fields == 2:
		return h.Seq < 1<<40 && recent(h.Intended)
	}
	return recent(h.Intended) || recent(h.Sent)
}

// eventMessages takes events with a counter and a timestamp in Unix seconds, and makes
// of each the message that it stands for, due and sent at its timestamp. The first that
// is due after the steady phase ends the stream. An event without both, or with a timestamp more
// than a day off, is not of the contract.
//
// The timestamp is on the wall clock, the receipt on the monotonic one: how far they are
// apart is read here, once, and a wall clock that is set meanwhile shows as delay.
func eventMessages(t Target, c proto.Call) func([]byte) ([]byte, error) {
	var parser fastjson.Parser
	apart := clock.WallOffset()
	m := proto.NewMessage(0, c.Text)
	return func(b []byte) ([]byte, error) {
		v, err := parser.ParseBytes(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotGuide, err)
		}
		counter, seconds := v.Get("counter"), v.GetFloat64("timestamp")
		if counter == nil || counter.Type() != fastjson.TypeNumber || math.Abs(seconds-float64(time.Now().Unix())) > 24*3600 {
			if err := ServerError(v); err != nil {
				return nil, err
			}
			t.ReportUnmatched(b)
			return nil, nil
		}
		whole := int64(seconds)
		at := whole*1e9 + int64((seconds-float64(whole))*1e9) + apart
		if c.SteadyTo > 0 && at >= c.SteadyTo {
			return nil, io.EOF
		}
		return m.Stamp(proto.Header{Seq: counter.GetUint64(), Intended: at, Sent: at, Stream: uint32(c.Share)}), nil
	}
}
