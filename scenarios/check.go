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

// The most that one scenario may ask for.
const (
	maxRuns    = 100_000   // cells × repetitions
	maxStreams = 1_000_000 // of one cell
)

// check finds what is wrong between keys, where each by itself is right.
func (s *Scenario) check(r *reader) {
	s.inferAPI(r)
	if !r.has("name") {
		r.problemAt("name", "name is missing; expected a line such as `name: echo`")
	}
	if !r.has("pattern") {
		r.problemAt("pattern", "pattern is missing; expected a line such as `pattern: echo`, of %s", strings.Join(patternNames(), ", "))
	}
	isOpen, isClosed := slices.Contains(s.Load.Model, open), slices.Contains(s.Load.Model, closed)
	switch {
	case isOpen && isClosed:
		r.problemAt("load.model", "load.model: both open and closed; expected one of them, as they need different keys: write two scenarios")
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
		r.problemAt("engine", "engine: loop with tls: true; expected one of them, as an event loop needs bare connections: write two scenarios")
	}
	if runs := s.runs(); runs > maxRuns {
		r.problemAt("repetitions", "the matrix has %.15g cells, with repetitions %.15g runs; expected at most %d runs",
			runs/float64(s.Repetitions), runs, maxRuns)
	}
}

func (s *Scenario) checkOpen(r *reader) {
	load := r.values["load"]
	if !r.has("load.rate") && (load == nil || load.Kind == yaml.MappingNode) {
		of := "which an open loop sends by"
		if r.has("load.stages") {
			of = "which the stages begin at"
		}
		r.problemAt("load.rate", "load.rate is missing; expected messages per second such as `rate: 5k/s`, %s", of)
	}
	if slices.Contains(s.Load.Rate, 0) && !r.has("load.stages") {
		r.problemAt("load.rate", "load.rate: 0/s without stages, so that nothing is sent; expected messages per second from 0.001/s to 100M/s, or stages that begin at 0/s")
	}
	if r.has("load.think") {
		r.problemAt("load.think", "load.think in an open loop; expected `model: closed` with it, as here the rate says when to send")
	}
}

func (s *Scenario) checkClosed(r *reader) {
	for _, key := range []string{"load.rate", "load.arrivals", "load.stages"} {
		if r.has(key) {
			r.problemAt(key, "%s in a closed loop; expected `model: open` with it, as here the answers set the pace", key)
		}
	}
	if slices.Contains(s.Pattern, string(proto.Fanout)) {
		r.problemAt("load.model", "load.model: closed with pattern fanout; expected open, as the server publishes by a rate")
	}
	s.Load.Arrivals = nil
}

// checkStages makes the steady phase as long as the stages.
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
		r.problemAt("load.stages", "load.stages: they begin at 0/s and stay there, so that nothing is sent; expected a rate above 0/s in one of them")
	}
	s.checkSchedule(r)
	if sum > maxDuration {
		r.problemAt("load.stages", "load.stages: they take %v together; expected at most 24h", sum)
	}
	if r.valid("phases.steady") && s.Phases.Steady != sum {
		r.problemAt("phases.steady", "phases.steady is %v and the stages take %v; expected the same, or no steady as the stages fill it", s.Phases.Steady, sum)
	}
	s.Phases.Steady = sum
}

// checkWindows finds thresholds that the steady phase has no window for.
func (s *Scenario) checkWindows(r *reader) {
	for i, t := range s.Thresholds {
		need := t.needsSteady()
		if need <= s.Phases.Steady {
			continue
		}
		at := fmt.Sprintf("thresholds[%d]", i)
		if t.Window > 0 {
			r.problemAt(at+".window", "%s: no window of %v after %v lies in the steady phase of %v; expected a steady phase of at least %v, or less of both",
				at, t.Window, t.After, s.Phases.Steady, need)
		} else {
			r.problemAt(at+".after", "%s: after %v is not before the end of the steady phase of %v, so that nothing can be aborted; expected less", at, t.After, s.Phases.Steady)
		}
	}
}

// A schedule goes to a reference server as the text of a call, in a head of at most 16 KiB.
const (
	maxStages   = 999 // with the warm-up, what a call may have
	maxSchedule = 14 << 10
)

// checkSchedule finds ramps that no stream could be opened with.
func (s *Scenario) checkSchedule(r *reader) {
	stages := s.Load.Stages
	if len(stages) > maxStages {
		r.problemAt("load.stages", "load.stages: %d of them; expected at most %d", len(stages), maxStages)
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
	for _, escaped := range []string{":", ",", "+"} { // as %3A and the like
		n += 2 * strings.Count(text, escaped)
	}
	if n > maxSchedule {
		r.problemAt("load.stages", "load.stages: %d of them are %d bytes in the call that opens a stream; expected at most %d bytes, which about %d such stages are",
			len(stages), n, maxSchedule, len(stages)*maxSchedule/n)
	}
}

// multiplexing names the protocols that carry many streams on a connection. The
// driver table says the same; a test compares them.
var multiplexing = []string{"sse-h2", "grpc", "grpc-lean"}

// Multiplexes says whether the language lets a protocol have several streams on
// a connection. An unknown protocol has one.
func Multiplexes(protocol string) bool { return slices.Contains(multiplexing, protocol) }

func (s *Scenario) checkStreams(r *reader) {
	if len(s.Load.Streams) == 0 || len(s.Load.Connections) == 0 {
		return
	}
	streams, connections := slices.Max(s.Load.Streams), slices.Max(s.Load.Connections)
	if streams*connections > maxStreams {
		r.problemAt("load.streams", "load.streams: %d on each of %d connections are %d streams; expected at most %d in a cell",
			streams, connections, streams*connections, maxStreams)
	}
	single := slices.DeleteFunc(slices.Clone(s.Protocols), Multiplexes)
	if streams > 1 && len(single) > 0 {
		r.problemAt("load.streams", "load.streams: %d streams on a connection with %s, which carry one; expected 1, or `protocols` of %s only",
			streams, strings.Join(single, ", "), strings.Join(multiplexing, ", "))
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
				r.problemAt("payload.size", "payload.size: %d is too small; expected at least %d, as a %s message opens with a header of %d bytes by which it is measured",
					n, least, encoding, least)
			}
		}
	}
}
