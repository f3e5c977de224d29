package scenarios

import (
	"slices"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// checkAPI reports conflicts with the API and fills in its defaults.
func (s *Scenario) checkAPI(r *spec.Reader) {
	if s.API == cell.Custom {
		s.checkCustom(r)
		return
	}
	if n := r.Value("path"); n != nil && r.FromVariable(n) && strings.Contains(n.Value, "?") {
		r.At("path", ": found a query from a variable, which results would contain; expected a path alone, and a token in RTBENCH_TOKEN")
	}
	if strings.Contains(s.Path, templateOpening) {
		r.At("path", ": %s", urlTemplate)
	}
	if s.API != cell.Guide {
		if hasServerScheme(s.Target) && !r.Bad("api") {
			r.At("target", ": found a URL; expected {PROTOCOL: URL}, such as {websocket: wss://host/path}, or `api: guide` for a server that implements the guide's API")
		}
		return
	}
	s.checkGuideProtocols(r)
	if !r.Has("payload.encoding") {
		s.Encoding = "text"
	}
	encodings := values(s, "payload.encoding", s.Encoding)
	if slices.Contains(encodings, "native") {
		r.At("payload.encoding", ": native with api: guide; expected text")
	}
	if slices.Contains(encodings, "binary") && !slices.Equal(s.patterns(), []string{string(proto.Upload)}) {
		r.At("payload.encoding", ": binary with api: guide and a pattern other than upload; expected text")
	}
	if slices.Contains(s.patterns(), string(proto.Push)) {
		if len(s.patterns()) > 1 {
			r.At("pattern", ": found push and others with api: guide; expected push alone: write two scenarios")
		}
		s.clear("payload.size")
		s.Size = proto.TextHeaderSize // nominal; the server decides
	}
}

// checkGuideProtocols reports patterns that the guide's API does not have over a protocol.
func (s *Scenario) checkGuideProtocols(r *spec.Reader) {
	speaks := func(name string) bool {
		row, _ := proto.ProtocolByName(name)
		return !slices.ContainsFunc(s.patterns(), func(p string) bool { return !slices.Contains(row.Guide, proto.Pattern(p)) })
	}
	able := slices.DeleteFunc(proto.ProtocolNames(), func(name string) bool { return !speaks(name) })
	switch {
	case len(s.patterns()) == 0: // reported elsewhere
	case len(able) == 0:
		r.At("pattern", ": no protocol of the guide's API supports all of %s; expected fewer: write two scenarios", strings.Join(s.patterns(), ", "))
	case !r.Has("protocols"):
		s.Protocols = able
	}
	for _, name := range s.Protocols {
		if len(able) > 0 && !speaks(name) {
			r.At("protocols", ": the guide's API has no %s over %s; expected %s", strings.Join(s.patterns(), ", "), name, strings.Join(able, ", "))
		}
	}
}

// EventInterval returns the longest time between two events of a stream of the guide's server, 0
// for other scenarios.
func (s *Scenario) EventInterval() time.Duration {
	if s.API != cell.Guide || !slices.Contains(s.patterns(), string(proto.Push)) || s.Rate == 0 {
		return 0
	}
	most := slices.Max(values(s, "load.connections", s.Connections)) * slices.Max(values(s, "load.streams", s.Streams))
	return time.Duration(float64(most) / slices.Min(values(s, "load.rate", s.Rate)) * float64(time.Second))
}

// Neutral turns a scenario of the guide's API into the same load over the reference API and the given
// protocols, for comparison. axes sets keys, such as load.topology, to lists; a topology is necessary if
// the scenario has several streams per connection and not all protocols multiplex.
func (s *Scenario) Neutral(protocols []string, axes map[string][]string) {
	s.API, s.Path, s.Protocols = cell.Reference, "", protocols
	if axes["load.topology"] != nil {
		s.Connections, s.Streams = s.Connections*s.Streams, 1
	}
	s.SetAxes(axes)
	least := proto.HeaderSize
	if !slices.Equal(values(s, "payload.encoding", s.Encoding), []string{"binary"}) {
		least = proto.TextHeaderSize
	}
	s.Size = max(s.Size, least)
	for i, n := range s.axes["payload.size"] {
		s.axes["payload.size"][i] = max(n.(int), least)
	}
}

// SetAxes sets keys with text values, such as load.topology, to lists.
func (s *Scenario) SetAxes(axes map[string][]string) {
	spec.Walk(s.Keys(), func(path string, k spec.Key) {
		list := axes[path]
		if len(list) == 0 {
			return
		}
		k.Value.Set(list[0])
		s.axes[path] = nil
		for _, v := range list {
			s.axes[path] = append(s.axes[path], v)
		}
	})
}

// Only leaves out the cells that keep does not accept.
func (s *Scenario) Only(keep func(Cell) bool) { s.keep = keep }
