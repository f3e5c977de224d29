package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/proto/pace"
)

// Limits of a scenario.
const (
	maxRuns    = 100_000   // cells × repetitions
	maxStreams = 1_000_000 // per cell
)

// check reports conflicts between keys with valid values.
func (s *Scenario) check(r *reader) {
	s.inferAPI(r)
	if !r.has("name") {
		r.problemAt("name", "name is missing; expected a line such as `name: echo`")
	}
	if !r.has("pattern") {
		r.problemAt("pattern", "pattern is missing; expected a line such as `pattern: echo`, of %s", strings.Join(proto.PatternNames(), ", "))
	}
	isOpen, isClosed := slices.Contains(s.Load.Model, open), slices.Contains(s.Load.Model, closed)
	switch {
	case isOpen && isClosed:
		r.problemAt("load.model", "load.model: found open and closed; expected one, because their keys differ: write two scenarios")
	case isOpen:
		s.checkOpen(r)
	case isClosed:
		s.checkClosed(r)
	}
	s.checkStages(r)
	s.checkWindows(r)
	s.checkAPI(r)
	s.checkStreams(r)
	if s.API != custom || len(s.Custom.Messages) == 0 && !slices.Contains(s.Load.Model, server) {
		s.checkSize(r)
	}
	if slices.Contains(s.Engine, "loop") && slices.Contains(s.TLS, true) {
		r.problemAt("engine", "engine: loop with tls: true; expected one, because event loops do not support TLS: write two scenarios")
	}
	if runs := s.runs(); runs > maxRuns {
		r.problemAt("repetitions", "repetitions: %.15g cells make %.15g runs; expected at most %d runs",
			runs/float64(s.Repetitions), runs, maxRuns)
	}
}

func (s *Scenario) checkOpen(r *reader) {
	load := r.values["load"]
	if !r.has("load.rate") && (load == nil || load.Kind == yaml.MappingNode) {
		of := "the rate of an open loop"
		if r.has("load.stages") {
			of = "the initial rate of the stages"
		}
		r.problemAt("load.rate", "load.rate is missing; expected messages per second such as `rate: 5k/s`, %s", of)
	}
	if slices.Contains(s.Load.Rate, 0) && !r.has("load.stages") {
		r.problemAt("load.rate", "load.rate: 0/s without stages sends nothing; expected messages per second from 0.001/s to 100M/s, or stages")
	}
	if r.has("load.think") {
		r.problemAt("load.think", "load.think in an open loop; expected `model: closed` with it")
	}
}

func (s *Scenario) checkClosed(r *reader) {
	for _, key := range []string{"load.rate", "load.arrivals", "load.stages"} {
		if r.has(key) {
			r.problemAt(key, "%s in a closed loop; expected `model: open` with it", key)
		}
	}
	if slices.Contains(s.Pattern, string(proto.Fanout)) {
		r.problemAt("load.model", "load.model: closed with pattern fanout; expected open")
	}
	s.Load.Arrivals = nil
}

// checkStages sets the steady phase to the duration of the stages.
func (s *Scenario) checkStages(r *reader) {
	if !r.valid("load.stages") {
		return
	}
	var sum time.Duration
	idle := len(s.Load.Rate) > 0 && slices.Min(s.Load.Rate) == 0
	for _, st := range s.Load.Stages {
		sum += st.Over
		idle = idle && st.To == 0
	}
	if idle {
		r.problemAt("load.stages", "load.stages: all rates are 0/s; expected one above 0/s")
	}
	s.checkSchedule(r)
	if sum > maxDuration {
		r.problemAt("load.stages", "load.stages: total %v; expected at most 24h", sum)
	}
	if r.valid("phases.steady") && s.Phases.Steady != sum {
		r.problemAt("phases.steady", "phases.steady: found %v, and the stages take %v; expected no steady, because the stages fill it", s.Phases.Steady, sum)
	}
	s.Phases.Steady = sum
}

// checkWindows reports thresholds without a window in the steady phase.
func (s *Scenario) checkWindows(r *reader) {
	for i, t := range s.Thresholds {
		need := t.needsSteady()
		if need <= s.Phases.Steady {
			continue
		}
		at := fmt.Sprintf("thresholds[%d]", i)
		if t.Window > 0 {
			r.problemAt(at+".window", "%s: no window of %v after %v fits into the steady phase of %v; expected a steady phase of at least %v",
				at, t.Window, t.After, s.Phases.Steady, need)
		} else {
			r.problemAt(at+".after", "%s.after: %v is past the end of the steady phase of %v; expected less", at, t.After, s.Phases.Steady)
		}
	}
}

// A schedule is sent to a reference server in the head of a call, which has at most 16 KiB.
const (
	maxStages   = 999 // limit of a call, less the warm-up
	maxSchedule = 14 << 10
)

// checkSchedule reports stages that do not fit into a call.
func (s *Scenario) checkSchedule(r *reader) {
	stages := s.Load.Stages
	if len(stages) > maxStages {
		r.problemAt("load.stages", "load.stages: found %d; expected at most %d", len(stages), maxStages)
		return
	}
	if s.API != reference {
		return
	}
	profile := make(pace.Profile, len(stages))
	from := 0.0
	for i, st := range stages {
		profile[i] = pace.Segment{Duration: st.Over, From: from, To: st.To}
		from = st.To
	}
	text := profile.String()
	n := len(text)
	for _, escaped := range []string{":", ",", "+"} { // percent-encoded, such as %3A
		n += 2 * strings.Count(text, escaped)
	}
	if n > maxSchedule {
		r.problemAt("load.stages", "load.stages: %d stages take %d bytes of a call; expected at most %d bytes, about %d stages",
			len(stages), n, maxSchedule, len(stages)*maxSchedule/n)
	}
}

func (s *Scenario) checkStreams(r *reader) {
	if len(s.Load.Streams) == 0 || len(s.Load.Connections) == 0 {
		return
	}
	streams, connections := slices.Max(s.Load.Streams), slices.Max(s.Load.Connections)
	if streams*connections > maxStreams {
		r.problemAt("load.streams", "load.streams: %d on each of %d connections make %d streams; expected at most %d per cell",
			streams, connections, streams*connections, maxStreams)
	}
	single := slices.DeleteFunc(slices.Clone(s.Protocols), proto.Multiplexes)
	if streams > 1 && len(single) > 0 {
		r.problemAt("load.streams", "load.streams: %d streams per connection over %s; expected 1, or only protocols of %s",
			streams, strings.Join(single, ", "), strings.Join(slices.DeleteFunc(proto.ProtocolNames(), func(p string) bool { return !proto.Multiplexes(p) }), ", "))
	}
}

func (s *Scenario) checkSize(r *reader) {
	for _, encoding := range s.Payload.Encoding {
		least := proto.HeaderSize
		if encoding != "binary" {
			least = proto.TextHeaderSize
		}
		for _, n := range s.Payload.Size {
			if n < least {
				r.problemAt("payload.size", "payload.size: found %d; expected at least %d, because a %s message starts with a header of %d bytes",
					n, least, encoding, least)
			}
		}
	}
}
