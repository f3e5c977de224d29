package scenarios

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Limits of a scenario.
const (
	maxRuns    = 100_000   // cells × repetitions
	maxStreams = 1_000_000 // per cell
)

// check reports conflicts between keys with valid values.
func (s *Scenario) check(r *spec.Reader) {
	s.axes = r.Axes
	s.inferAPI(r)
	models := values(s, "load.model", s.Model)
	if len(models) > 1 {
		r.At("load.model", ": found open and closed; expected one, because their keys differ: write two scenarios")
	} else if !r.Bad("api") {
		s.checkConflicts(r, "", r.Keys)
	}
	if slices.Contains(models, cell.Open) {
		if !r.Bad("load.model") {
			s.checkOpen(r)
		}
	} else {
		s.clear("load.arrivals")
		s.Arrivals = ""
	}
	if slices.Contains(models, cell.Closed) && slices.Contains(s.patterns(), string(proto.Fanout)) {
		r.At("load.model", ": closed with pattern fanout; expected open")
	}
	s.checkAnswers(r)
	s.checkTrace(r)
	s.checkStages(r)
	s.checkWave(r)
	s.checkWindows(r)
	s.checkAPI(r)
	s.checkStreams(r)
	s.checkTopology(r)
	s.checkConnect(r)
	s.checkEvents(r)
	s.checkJoin(r)
	if s.API != cell.Custom || len(s.Custom.Messages) == 0 && s.Model != cell.ServerPaced {
		s.checkSize(r)
	}
	s.checkStacks(r)
	s.checkServerMetrics(r)
	s.checkPing(r)
	s.checkQUIC(r)
	if runs := s.runs(); runs > maxRuns {
		r.At("repetitions", ": %.15g cells make %.15g runs; expected at most %d runs",
			runs/float64(s.Repetitions), runs, maxRuns)
	}
}

// checkConflicts reports keys that do not fit the others.
func (s *Scenario) checkConflicts(r *spec.Reader, path string, keys []spec.Key) {
	for _, k := range keys {
		at := strings.TrimPrefix(path+"."+k.Name, ".")
		if !r.Has(at) {
			continue
		}
		for _, conflict := range k.Conflicts {
			if why := conflict(); why != "" {
				r.At(at, "%s", why)
				break
			}
		}
		if !k.Value.Many && !k.Value.OnlyList {
			s.checkConflicts(r, at, k.Value.Keys)
		}
	}
}

// values returns the values of a key that may be an axis; first is the only or the first one.
func values[T any](s *Scenario, key string, first T) []T {
	all := s.axes[key]
	if len(all) == 0 {
		return []T{first}
	}
	out := make([]T, len(all))
	for i, v := range all {
		out[i] = v.(T)
	}
	return out
}

// clear makes a key have one value, that of its field.
func (s *Scenario) clear(axis string) { delete(s.axes, axis) }

// patterns returns the traffic patterns; none if they are missing or invalid.
func (s *Scenario) patterns() []string {
	if s.Pattern == "" {
		return nil
	}
	return values(s, "pattern", s.Pattern)
}

func (s *Scenario) checkOpen(r *spec.Reader) {
	if s.From != "" {
		return // another group has the rate
	}
	load := r.Value("load")
	if r.Has("load.trace") {
		return
	}
	if r.Has("load.steps") {
		s.checkSteps(r)
		return
	}
	if !r.Has("load.rate") && (load == nil || load.Kind == yaml.MappingNode) {
		of := "the rate of an open loop"
		if r.Has("load.stages") {
			of = "the initial rate of the stages"
		}
		r.At("load.rate", " is missing; expected messages per second such as `rate: 5k/s`, %s", of)
	}
	if slices.Contains(s.axes["load.rate"], any(0.0)) && !r.Has("load.stages") {
		r.At("load.rate", ": 0/s without stages sends nothing; expected messages per second from 0.001/s to 100M/s, or stages")
	}
}

// checkSteps reports keys that steps replace.
func (s *Scenario) checkSteps(r *spec.Reader) {
	for _, key := range []string{"load.rate", "load.stages"} {
		if r.Has(key) {
			r.At(key, " with load.steps; expected one of them")
		}
	}
}

// checkStages sets the steady phase to the duration of the stages or steps.
func (s *Scenario) checkStages(r *spec.Reader) {
	at := "load.stages"
	if r.Has("load.steps") {
		at = "load.steps"
		s.ExpandSteps()
	}
	if !r.Valid(at) || len(s.Stages) == 0 {
		return
	}
	var sum time.Duration
	idle := slices.Min(values(s, "load.rate", s.Rate)) == 0
	for _, st := range s.Stages {
		sum += st.Over
		idle = idle && st.To == 0
	}
	if idle {
		r.At(at, ": all rates are 0/s; expected one above 0/s")
	}
	s.checkSchedule(r, at)
	if sum > spec.MaxDuration {
		r.At(at, ": total %v; expected at most 24h", sum)
	}
	if r.Valid("phases.steady") && s.Steady != sum {
		r.At("phases.steady", ": found %v, and the %s take %v; expected no steady, because the %s fill it", s.Steady, strings.TrimPrefix(at, "load."), sum, strings.TrimPrefix(at, "load."))
	}
	s.Steady = sum
}

// checkWindows reports thresholds without a window in the steady phase.
func (s *Scenario) checkWindows(r *spec.Reader) {
	for i, t := range s.Thresholds {
		need := t.needsSteady()
		if need <= s.Steady {
			continue
		}
		at := "thresholds"
		if r.Value(at).Kind == yaml.SequenceNode {
			at = fmt.Sprintf("thresholds[%d]", i)
		}
		if t.Window > 0 {
			r.Problem(r.Value(at+".window"), at, ": no window of %v after %v fits into the steady phase of %v; expected a steady phase of at least %v",
				t.Window, t.After, s.Steady, need)
		} else {
			r.At(at+".after", ": %v is past the end of the steady phase of %v; expected less", t.After, s.Steady)
		}
	}
}

// A schedule is sent to a reference server in the head of a call, which has at most 16 KiB.
const (
	maxStages   = 999 // limit of a call, less the warm-up
	maxSchedule = 14 << 10
)

// checkSchedule reports stages that do not fit into a call.
func (s *Scenario) checkSchedule(r *spec.Reader, at string) {
	stages := s.Stages
	if len(stages) > maxStages {
		r.At(at, ": found %d; expected at most %d", len(stages), maxStages)
		return
	}
	if s.API != cell.Reference {
		return
	}
	profile := make(pace.Profile, len(stages))
	from := 0.0
	for i, st := range stages {
		profile[i] = pace.Segment{Duration: st.Over, From: st.From(from), To: st.To}
		from = st.To
	}
	if n := len(url.QueryEscape(profile.String())); n > maxSchedule {
		r.At(at, ": %d stages take %d bytes of a call; expected at most %d bytes, about %d stages",
			len(stages), n, maxSchedule, len(stages)*maxSchedule/n)
	}
}

func (s *Scenario) checkStreams(r *spec.Reader) {
	streams, connections := slices.Max(values(s, "load.streams", s.Streams)), slices.Max(values(s, "load.connections", s.Connections))
	if streams*connections > maxStreams {
		r.At("load.streams", ": %d on each of %d connections make %d streams; expected at most %d per cell",
			streams, connections, streams*connections, maxStreams)
	}
	single := slices.DeleteFunc(slices.Clone(s.Protocols), proto.Multiplexes)
	if streams > 1 && len(single) > 0 {
		r.At("load.streams", ": %d streams per connection over %s; expected 1, or only protocols of %s",
			streams, strings.Join(single, ", "), strings.Join(proto.MultiplexingNames(), ", "))
	}
}

// checkConnect reports plans of connecting that take too long.
func (s *Scenario) checkConnect(r *spec.Reader) {
	for _, text := range values(s, "load.connect", s.Connecting) {
		for _, n := range values(s, "load.connections", s.Connections) {
			if d := (cell.Config{Connecting: text, Connections: n}).ConnectsFor(); d > spec.MaxDuration {
				r.At("load.connect", ": opening %d connections at %s takes %v; expected at most 24h", n, text, d.Round(time.Hour))
				return
			}
		}
	}
}

func (s *Scenario) checkSize(r *spec.Reader) {
	for _, encoding := range values(s, "payload.encoding", s.Encoding) {
		least := proto.HeaderSize
		if encoding != "binary" {
			least = proto.TextHeaderSize
		}
		for _, n := range values(s, "payload.size", s.Size) {
			if n < least {
				r.At("payload.size", ": found %d; expected at least %d, because a %s message starts with a header of %d bytes",
					n, least, encoding, least)
			}
		}
	}
}
