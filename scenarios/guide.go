package scenarios

import (
	"slices"
	"strings"
	"time"

	"rtbench/proto"
)

// checkAPI reports conflicts with the API and fills in its defaults.
func (s *Scenario) checkAPI(r *reader) {
	s.checkCustom(r)
	if s.API == custom {
		return
	}
	if n := r.values["path"]; n != nil && r.written[n] != "" && strings.Contains(n.Value, "?") {
		r.problemAt("path", "path: found a query from a variable, which results would contain; expected a path alone, and a token in RTBENCH_TOKEN")
	}
	if strings.Contains(s.Path, templateOpening) {
		r.problemAt("path", "path: %s", urlTemplate)
	}
	if s.API != guide {
		if r.has("path") && !r.bad["api"] {
			r.problemAt("path", "path with api: reference; expected `api: guide` with it")
		}
		if hasServerScheme(s.Address) && !r.bad["api"] {
			r.problemAt("target", "target: found a URL; expected {PROTOCOL: URL}, such as {websocket: wss://host/path}, or `api: guide` for a server that implements the guide's API")
		}
		return
	}
	s.checkGuideProtocols(r)
	if !r.has("payload.encoding") {
		s.Payload.Encoding = []string{"text"}
	}
	if slices.Contains(s.Payload.Encoding, "native") {
		r.problemAt("payload.encoding", "payload.encoding: native with api: guide; expected text")
	}
	if slices.Contains(s.Payload.Encoding, "binary") && !slices.Equal(s.Pattern, []string{string(proto.Upload)}) {
		r.problemAt("payload.encoding", "payload.encoding: binary with api: guide and a pattern other than upload; expected text")
	}
	if slices.Contains(s.Pattern, string(proto.Push)) {
		s.checkGuidePush(r)
	} else if r.has("path") {
		r.problemAt("path", "path without pattern push; expected no path")
	}
}

// checkGuideProtocols reports patterns that the guide's API does not have over a protocol.
func (s *Scenario) checkGuideProtocols(r *reader) {
	speaks := func(name string) bool {
		row, _ := proto.ProtocolByName(name)
		return !slices.ContainsFunc(s.Pattern, func(p string) bool { return !slices.Contains(row.Guide, proto.Pattern(p)) })
	}
	able := slices.DeleteFunc(proto.DefaultProtocols(), func(name string) bool { return !speaks(name) })
	switch {
	case len(s.Pattern) == 0: // reported elsewhere
	case len(able) == 0:
		r.problemAt("pattern", "pattern: no protocol of the guide's API supports all of %s; expected fewer: write two scenarios", strings.Join(s.Pattern, ", "))
	case !r.has("protocols"):
		s.Protocols = able
	}
	for _, name := range s.Protocols {
		if len(able) > 0 && !speaks(name) {
			r.problemAt("protocols", "protocols: the guide's API has no %s over %s; expected %s", strings.Join(s.Pattern, ", "), name, strings.Join(able, ", "))
		}
	}
}

// checkGuidePush reports keys that the server of the guide decides.
func (s *Scenario) checkGuidePush(r *reader) {
	if len(s.Pattern) > 1 {
		r.problemAt("pattern", "pattern: found push and others with api: guide; expected push alone: write two scenarios")
	}
	for _, key := range []string{"payload", "load.arrivals", "load.stages"} {
		if r.has(key) {
			r.problemAt(key, "%s with pattern push and api: guide; expected none, because the server decides", key)
		}
	}
	s.Payload.Size = []int{proto.TextHeaderSize} // nominal; the server decides
}

// eventInterval returns the longest time between two events of a stream of the guide's server, 0
// for other scenarios.
func (s *Scenario) eventInterval() time.Duration {
	if s.API != guide || !slices.Contains(s.Pattern, string(proto.Push)) || len(s.Load.Rate) == 0 {
		return 0
	}
	most := slices.Max(s.Load.Connections) * slices.Max(s.Load.Streams)
	return time.Duration(float64(most) / slices.Min(s.Load.Rate) * float64(time.Second))
}

// EventInterval returns the longest time between two events of a stream of the guide's server, 0
// for other scenarios.
func (s *Scenario) EventInterval() time.Duration { return s.eventInterval() }

// Neutral turns a scenario of the guide's API into the same load over the reference API and the
// given protocols, for comparison. Protocols that do not multiplex get one connection per stream.
// Encodings default to those of the scenario.
func (s *Scenario) Neutral(protocols []string, encodings ...string) {
	s.API, s.Path, s.Protocols, s.spread = reference, "", protocols, true
	if len(encodings) > 0 {
		s.Payload.Encoding = encodings
	}
	least := proto.HeaderSize
	if !slices.Equal(s.Payload.Encoding, []string{"binary"}) {
		least = proto.TextHeaderSize
	}
	for i, n := range s.Payload.Size {
		s.Payload.Size[i] = max(n, least)
	}
}
