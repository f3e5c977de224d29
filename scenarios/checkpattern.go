package scenarios

import (
	"maps"
	"slices"
	"strings"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// checkMessages reports messages that the protocols cannot carry.
func (s *Scenario) checkMessages(r *spec.Reader) {
	o := s.Custom
	if s.Rooms == 0 && o.usesAction("Room") {
		r.At("messages", ": {{.Room}} without rooms; expected `rooms: NUMBER`")
	}
	if o.usesRows() && o.Rows.File == "" && !r.Has("rows") {
		r.At("messages", ": {{.Row.NAME}} without rows; expected `rows: FILE` of CSV or JSON Lines")
	}
	if r.Has("payload.encoding") && len(o.Messages) > 0 {
		r.At("payload.encoding", " with messages; expected one of them")
	}
	sized := len(o.Messages) > 0 && anyFile(o) || slices.ContainsFunc(o.Messages, func(m Message) bool { return m.Size == "" && uses(m.Text, "Body") })
	if r.Has("payload.size") && len(o.Messages) > 0 && !sized {
		r.At("payload.size", " with messages without {{.Body}}; expected {{.Body}} in one of them")
	}
	if r.Valid("payload.size") && sized && slices.Min(values(s, "payload.size", s.Size)) < proto.TextHeaderSize {
		r.At("payload.size", ": less than the header of %d bytes; expected more, or `size` of a message, such as {text: '{{.Body}}', size: 10}", proto.TextHeaderSize)
	}
	s.checkCaptures(r)
	s.checkCustomEncoding(r)
	for _, name := range o.protocols() {
		e := o.Endpoints[name]
		says := stepsDo(o.Opening, "authenticate", "subscribe", "send") || stepsDo(o.Closing, "authenticate", "subscribe", "send")
		if proto.Posts(name) && e.Post == "" && says {
			r.At("steps", ": sending over %s without post; expected `post: URL` under target.%s", name, name)
		}
		if n := otherCode(o); proto.OptionsOf(name) != "websocket" && n > 0 && len(o.Endpoints) == 1 {
			r.At("steps", ": close %d over %s; expected close without a code, which only WebSocket has", n, name)
		}
	}
}

// checkCustomEncoding reports encodings that do not fit rtbench's own message.
func (s *Scenario) checkCustomEncoding(r *spec.Reader) {
	if !r.Has("payload.encoding") || len(s.Custom.Messages) > 0 {
		return
	}
	if slices.Contains(values(s, "payload.encoding", s.Encoding), "native") {
		r.At("payload.encoding", ": native with api: custom; expected text, binary or messages")
	}
	if !slices.Contains(values(s, "payload.encoding", s.Encoding), "binary") {
		return
	}
	for _, name := range s.Custom.protocols() {
		if name == "mqtt" {
			continue // messages are bytes
		}
		e := s.Custom.Endpoints[name]
		if carries := map[string]string{"websocket": "binary", "tcp": "length"}[proto.OptionsOf(name)]; carries == "" || e.Frames != carries {
			expected := "text"
			if carries != "" {
				expected = "text, or `frames: " + carries + "` of " + name
			}
			r.At("payload.encoding", ": binary over %s; expected %s", name, expected)
		}
	}
}

// usesRows reports whether a template has {{.Row.NAME}}.
func (o *Target) usesRows() bool { return o.usesAction("Row") }

// usesAction reports whether a template has an action.
func (o *Target) usesAction(name string) bool {
	var out []string
	for _, m := range o.Messages {
		out = append(out, m.Text)
	}
	for _, s := range slices.Concat(o.Opening, o.Closing) {
		out = append(out, s.Text)
	}
	for _, c := range o.conditions() {
		out = slices.AppendSeq(out, maps.Values(c.texts()))
	}
	for _, a := range o.Answers {
		out = append(out, a.Text)
	}
	out = append(out, o.Heartbeat.Text)
	for _, protocol := range o.protocols() {
		for _, text := range o.Endpoints[protocol].texts() {
			out = append(out, *text)
		}
	}
	return uses(strings.Join(out, "\n"), name)
}

// conditions returns all conditions on messages.
func (o *Target) conditions() []Condition {
	all := slices.Clone(o.Ignore)
	for _, c := range []*Condition{o.Expect, o.End} {
		if c != nil {
			all = append(all, *c)
		}
	}
	for _, s := range slices.Concat(o.Opening, o.Closing) {
		all = append(all, s.Condition)
	}
	for _, a := range o.Answers {
		all = append(all, a.To)
	}
	return all
}

// anyFile reports whether a message is a template in a file, which is not read here.
func anyFile(o *Target) bool {
	return slices.ContainsFunc(o.Messages, func(m Message) bool { return m.File != "" && !m.Raw })
}

// otherCode returns the code of a close step if it is not 1000, else 0.
func otherCode(o *Target) int {
	for _, s := range slices.Concat(o.Opening, o.Closing) {
		if s.Do == "close" && s.Code != 1000 {
			return s.Code
		}
	}
	return 0
}

// checkCustomPattern reports conflicts between pattern, load, messages and match.
func (s *Scenario) checkCustomPattern(r *spec.Reader) {
	if s.Pattern == "" {
		return // reported elsewhere
	}
	pattern := proto.Pattern(s.Pattern)
	switch pattern {
	case proto.Push:
		s.checkCustomPush(r)
	case proto.Generate:
		s.checkCustomAnswers(r)
	}
	for _, name := range s.Custom.protocols() {
		s.checkProtocol(r, pattern, name, s.Custom.Endpoints[name])
	}
	s.checkMatch(r, pattern)
	s.checkKinds(r)
}

// checkProtocol reports patterns that a protocol does not support.
func (s *Scenario) checkProtocol(r *spec.Reader, pattern proto.Pattern, name string, e *Endpoint) {
	at := "target." + name
	switch {
	case pattern == proto.Upload && name != "grpc":
		r.At("pattern", ": upload over %s; expected grpc, or echo with `match: none`", name)
	case s.From != "", pattern == proto.Generate: // it only receives; answers have checks of their own
	case proto.Posts(name) && pattern != proto.Push && e.Post == "" && !r.Has(at+".post"):
		r.At(at, ": missing post; expected the URL for messages of pattern %s, such as `post: https://host/messages`", pattern)
	case name == "grpc" && pattern != proto.Push && len(s.Custom.Messages) == 0 && !r.Has("messages"):
		r.At("messages", " is missing; expected JSON for gRPC, such as '{\"text\":\"hello\"}'")
	}
}

// checkCustomPush reports keys that the server decides.
func (s *Scenario) checkCustomPush(r *spec.Reader) {
	for _, key := range []string{"load.rate", "load.arrivals", "load.wave", "load.think"} {
		s.clear(key)
	}
	s.Rate, s.Arrivals, s.Wave, s.Think, s.Stages, s.Steps = 0, "", "", cell.Pause{}, nil, cell.Steps{}
	s.Trace = cell.Trace{}
	if len(s.Custom.Messages) > 0 && s.Custom.Endpoints["grpc"] == nil {
		r.At("messages", " with pattern push; expected none, or a step {subscribe: …} or body of sse that opens the stream")
	}
	if len(s.Custom.Messages) > 1 {
		r.At("messages", ": found %d with pattern push over grpc; expected one, the request of the call", len(s.Custom.Messages))
	}
}

// matchesOf lists the values of match by pattern; the first is the default with messages.
var matchesOf = map[proto.Pattern][]string{
	proto.Echo: {"order", "field", "header", "none"}, proto.Push: {"none", "field"}, proto.Upload: {"order"}, proto.Fanout: {"header"}, proto.Generate: {"none"},
}

func (s *Scenario) checkMatch(r *spec.Reader, pattern proto.Pattern) {
	m, has := &s.Custom.Match, len(s.Custom.Messages) > 0 || r.Has("messages")
	switch {
	case !r.Has("match") && pattern == proto.Echo && !has:
		m.By = "header"
	case !r.Has("match"):
		m.By = matchesOf[pattern][0]
	case !r.Valid("match"):
		return
	case !slices.Contains(matchesOf[pattern], m.By):
		r.At("match", ": %s with pattern %s; expected %s", m.By, pattern, strings.Join(matchesOf[pattern], " or "))
		return
	}
	switch {
	case pattern == proto.Fanout && has && m.Field == "":
		r.At("match", " with pattern fanout and messages; expected {header: PATH}, the path of {{.Header}} in delivered messages, such as {header: data.header}")
	case m.By == "none" && s.Model == cell.Closed && pattern != proto.Generate:
		r.At("match", ": none in a closed loop; expected order, header or {field: PATH}")
	case m.By == "field" && !has && pattern != proto.Push:
		r.At("match", ": {field: …} or {after: …} without messages; expected messages with {{.RequestNumber}} or {{.UUID}}")
	}
	if pattern != proto.Push { // push: match numbers the server's messages
		s.checkMatched(r)
	}
}

// checkMatched reports messages without the value that match needs.
func (s *Scenario) checkMatched(r *spec.Reader) {
	by := s.Custom.Match.By
	needs := map[string][]string{"field": {"RequestNumber", "UUID"}, "header": {"Header"}}[by]
	if needs == nil {
		return
	}
	for _, m := range s.Custom.Messages {
		if m.File != "" && !m.Raw || m.Text != "" && uses(m.Text, needs...) || m.Text == "" && m.File == "" { // a missing text is reported elsewhere
			continue
		}
		r.At("match", ": %s, and the message in %s has no {{.%s}}; expected it there", by, m.At, strings.Join(needs, "}} or {{."))
		return
	}
}
