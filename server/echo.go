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

func newEcho(_ *Server, c proto.Call, st stream) pattern {
	e := echo{st: st}
	if c.Native {
		e.native = codec.NewNative(st.kind(), proto.NewMessage(0, true))
	}
	return e
}

// Message implements proto.Handler. A message in another encoding ends the stream.
func (e echo) Message(p []byte, _ int64) {
	var err error
	if e.native != nil {
		p, err = e.native.Echo(p)
	}
	if err != nil || e.st.Send(p) != nil {
		_ = e.st.Close()
	}
}
