package server

import (
	"fmt"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// A request is a call with its fault, which defaults to the server's.
type request struct {
	proto.Call
	fault Fault
}

// parseRequest parses and checks a call in its text form, which all protocols use. Its fault may refuse it.
func (s *Server) parseRequest(query string) (request, error) {
	call, err := proto.ParseCall(query)
	if err == nil {
		err = checkPhase(call, clock.Now())
	}
	if err != nil {
		return request{}, err
	}
	r := request{call, s.fault}
	if call.Fault != "" {
		if r.fault, err = ParseFault(call.Fault); err != nil {
			return request{}, fmt.Errorf("call: %w", err)
		}
	}
	if s.refusals.refuses(&r) {
		return request{}, errRefused
	}
	return r, nil
}
