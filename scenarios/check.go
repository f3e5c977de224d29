package scenarios

import (
	"regexp"
	"strings"
	"time"

	"rtbench/proto"
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// check finds what is wrong between keys, where each by itself is right.
func (s *Scenario) check(r *reader) {
	if !r.given("name") || !nameForm.MatchString(s.Name) {
		r.at("name", "name: %q is wrong; expected a name of small letters, digits and dashes", s.Name)
	}
	if !r.given("pattern") {
		r.at("pattern", "pattern is missing; expected one of %s", strings.Join(patternNames(), ", "))
	}
	s.checkLoad(r)
	s.checkStages(r)
	s.checkStreams(r)
	s.checkSize(r)
	if n := len(s.Cells()) * s.Repetitions; n > 10_000 {
		r.at("repetitions", "the matrix has %d cells, with %d repetitions %d runs; expected at most 10000 in all", len(s.Cells()), s.Repetitions, n)
	}
}

func (s *Scenario) checkLoad(r *reader) {
	open, closed := has(s.Load.Model, "open"), has(s.Load.Model, "closed")
	if open && closed {
		r.at("load.model", "load.model: open and closed loop in one scenario; they ask for different keys, so write two")
		return
	}
	if open && !r.given("load.rate") {
		r.at("load", "load.rate is missing; an open loop needs the messages per second, such as `rate: 5k/s`")
	}
	if open && r.given("load.think") {
		r.at("load.think", "load.think belongs to a closed loop (`model: closed`)")
	}
	if !closed {
		return
	}
	for _, key := range []string{"load.rate", "load.arrivals", "load.stages"} {
		if r.given(key) {
			r.at(key, "%s belongs to an open loop (`model: open`): in a closed loop the answers set the pace", key)
		}
	}
	if has(s.Pattern, string(proto.Fanout)) {
		r.at("load.model", "load.model: pattern fanout needs the open model: the server publishes by a rate")
	}
	s.Load.Arrivals = nil
}

func (s *Scenario) checkStages(r *reader) {
	if len(s.Load.Stages) == 0 {
		return
	}
	var sum time.Duration
	for _, st := range s.Load.Stages {
		sum += st.Over
	}
	if r.given("phases.steady") && s.Phases.Steady != sum {
		r.at("phases.steady", "phases.steady is %v, but the stages take %v; leave it out, the stages fill the steady phase", s.Phases.Steady, sum)
	}
	s.Phases.Steady = sum
}

// multiplexing names the protocols that carry many streams on a connection. The
// driver table has the same; a test compares them.
var multiplexing = []string{"sse-h2", "grpc"}

func (s *Scenario) checkStreams(r *reader) {
	many := false
	for _, n := range s.Load.Streams {
		many = many || n > 1
	}
	if !many {
		return
	}
	for _, p := range s.Protocols {
		if !has(multiplexing, p) {
			r.at("load.streams", "load.streams: %s carries one stream a connection; expected 1, or only the protocols %s", p, strings.Join(multiplexing, ", "))
			return
		}
	}
}

// Multiplexes says whether the language lets a protocol have several streams on
// a connection.
func Multiplexes(protocol string) bool { return has(multiplexing, protocol) }

func (s *Scenario) checkSize(r *reader) {
	for _, e := range s.Payload.Encoding {
		least := proto.HeaderSize
		if e == "text" {
			least = proto.TextHeaderSize
		}
		for _, n := range s.Payload.Size {
			if n < least {
				r.at("payload.size", "payload.size: %d is too small; a %s message holds a header of %d bytes, with which it is measured", n, e, least)
			}
		}
	}
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
