package server

import (
	"rtbench/proto"
	"rtbench/proto/codec"
)

// echo returns each message unchanged.
type echo struct {
	passive
	st     stream
	native *codec.Native // encodes messages again, unless nil
}

func newEcho(s *Server, c proto.Call, st stream) pattern {
	e := echo{st: st}
	if c.Native {
		e.native = codec.NewNative(st.kind(), proto.NewMessage(0, true))
	}
	if c.Publish != "" {
		return &publisher{echo: e, hub: &s.hub, call: c}
	}
	return e
}

// Message implements proto.Handler.
func (e echo) Message(p []byte, _ int64) { e.reply(p) }

// reply returns a message, and returns it as it was sent; nil if the stream has ended. A message in
// another encoding ends the stream.
func (e echo) reply(p []byte) []byte {
	var err error
	if e.native != nil {
		p, err = e.native.Echo(p)
	}
	if err != nil || e.st.Send(p) != nil {
		_ = e.st.Close()
		return nil
	}
	return p
}

// A publisher is an echo that also publishes each message to a topic.
type publisher struct {
	echo
	hub   *hub
	call  proto.Call
	topic *topic
}

func (p *publisher) start() { p.topic = p.hub.join(p.call.Publish, p.call, nil) }

func (p *publisher) Ended(error) { p.hub.leave(p.topic, nil) }

// Message implements proto.Handler.
func (p *publisher) Message(b []byte, _ int64) {
	if b = p.reply(b); b != nil {
		p.topic.publish(published{body: b})
	}
}
