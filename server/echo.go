package server

import "rtbench/proto"

// echo returns each message unchanged.
type echo struct {
	passive
	st stream
}

func newEcho(_ *Server, _ proto.Call, st stream) pattern { return echo{st: st} }

func (e echo) Message(p []byte, _ int64) {
	if e.st.Send(p) != nil {
		_ = e.st.Close()
	}
}
