package scenarios

import (
	"slices"
	"strings"

	"rtbench/proto"
)

// checkMessages reports messages that the protocols cannot carry.
func (s *Scenario) checkMessages(r *reader) {
	o := s.Custom
	byRow := uses(strings.Join(texts(o), "\n"), "Row")
	switch {
	case byRow && o.Rows.File == "" && !r.has("rows"):
		r.problemAt("messages", "messages: {{.Row.NAME}} without rows; expected `rows: FILE` of CSV or JSON Lines")
	case o.Rows.File != "" && !byRow && !anyFile(o):
		r.problemAt("rows", "rows without {{.Row.NAME}}; expected it in a message or step")
	}
	if r.has("payload.encoding") && len(o.Messages) > 0 {
		r.problemAt("payload.encoding", "payload.encoding with messages; expected one of them")
	}
	sized := len(o.Messages) > 0 && anyFile(o) || slices.ContainsFunc(o.Messages, func(m Message) bool { return m.Size == "" && uses(m.Text, "Body") })
	if r.has("payload.size") && len(o.Messages) > 0 && !sized {
		r.problemAt("payload.size", "payload.size with messages without {{.Body}}; expected {{.Body}} in one of them")
	}
	if r.valid("payload.size") && sized && slices.Min(s.Payload.Size) < proto.TextHeaderSize {
		r.problemAt("payload.size", "payload.size: less than the header of %d bytes; expected more, or `size` of a message, such as {text: '{{.Body}}', size: 10}", proto.TextHeaderSize)
	}
	s.checkCustomEncoding(r)
	for _, name := range o.protocols() {
		e := o.Endpoints[name]
		says := stepsSay(o.Opening, "authenticate", "subscribe", "send") || stepsSay(o.Closing, "authenticate", "subscribe", "send")
		if strings.HasPrefix(name, "sse") && e.Post == "" && says {
			r.problemAt("steps", "steps: sending over %s without post; expected `post: URL` under target.%s", name, name)
		}
		if n := otherCode(o); name != "websocket" && n > 0 && len(o.Endpoints) == 1 {
			r.problemAt("steps", "steps: close %d over %s; expected close without a code, which only WebSocket has", n, name)
		}
	}
}

// checkCustomEncoding reports encodings that do not fit rtbench's own message.
func (s *Scenario) checkCustomEncoding(r *reader) {
	if !r.has("payload.encoding") || len(s.Custom.Messages) > 0 {
		return
	}
	if slices.Contains(s.Payload.Encoding, "native") {
		r.problemAt("payload.encoding", "payload.encoding: native with api: custom; expected text, binary or messages")
	}
	if !slices.Contains(s.Payload.Encoding, "binary") {
		return
	}
	for _, name := range s.Custom.protocols() {
		e := s.Custom.Endpoints[name]
		if carries := map[string]string{"websocket": "binary", "tcp": "length"}[name]; carries == "" || e.Frames != carries {
			expected := "text"
			if carries != "" {
				expected = "text, or `frames: " + carries + "` of " + name
			}
			r.problemAt("payload.encoding", "payload.encoding: binary over %s; expected %s", name, expected)
		}
	}
}

// texts returns all templates in a scenario.
func texts(o *Target) []string {
	var out []string
	for _, m := range o.Messages {
		out = append(out, m.Text)
	}
	for _, s := range slices.Concat(o.Opening, o.Closing) {
		out = append(out, s.Text)
	}
	for _, name := range o.protocols() {
		out = append(out, o.Endpoints[name].Body)
	}
	return out
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
func (s *Scenario) checkCustomPattern(r *reader) {
	if len(s.Pattern) == 0 {
		return // reported elsewhere
	}
	pattern := proto.Pattern(s.Pattern[0])
	if pattern == proto.Push {
		s.checkCustomPush(r)
	} else if r.has("stamp") {
		r.problemAt("stamp", "stamp with pattern %s; expected pattern push", pattern)
	}
	for _, name := range s.Custom.protocols() {
		s.checkProtocol(r, pattern, name, s.Custom.Endpoints[name])
	}
	s.checkMatch(r, pattern)
}

// checkProtocol reports patterns that a protocol does not support.
func (s *Scenario) checkProtocol(r *reader, pattern proto.Pattern, name string, e *Endpoint) {
	at := "target." + name
	switch {
	case pattern == proto.Upload && name != "grpc":
		r.problemAt("pattern", "pattern: upload over %s; expected grpc, or echo with `match: none`", name)
	case strings.HasPrefix(name, "sse") && pattern != proto.Push && e.Post == "" && !r.has(at+".post"):
		r.problemAt(at, "%s: missing post; expected the URL for messages of pattern %s, such as `post: https://host/messages`", at, pattern)
	case name == "grpc" && pattern != proto.Push && len(s.Custom.Messages) == 0 && !r.has("messages"):
		r.problemAt("messages", "messages is missing; expected JSON for gRPC, such as '{\"text\":\"hello\"}'")
	}
}

// checkCustomPush reports keys that the server decides.
func (s *Scenario) checkCustomPush(r *reader) {
	for _, key := range []string{"load.model", "load.rate", "load.arrivals", "load.stages", "load.think"} {
		if r.has(key) {
			r.problemAt(key, "%s with pattern push and api: custom; expected none, because the server sets the pace; did you mean `pattern: echo`?", key)
		}
	}
	s.Load.Rate, s.Load.Think, s.Load.Stages = nil, nil, nil
	if len(s.Custom.Messages) > 0 && s.Custom.Endpoints["grpc"] == nil {
		r.problemAt("messages", "messages with pattern push; expected none, or a step {subscribe: …} or body of sse that opens the stream")
	}
	if len(s.Custom.Messages) > 1 {
		r.problemAt("messages", "messages: found %d with pattern push over grpc; expected one, the request of the call", len(s.Custom.Messages))
	}
}

// matchesOf lists the values of match by pattern; the first is the default with messages.
var matchesOf = map[proto.Pattern][]string{
	proto.Echo: {"order", "field", "header", "none"}, proto.Push: {"none", "field"}, proto.Upload: {"order"}, proto.Fanout: {"header"},
}

func (s *Scenario) checkMatch(r *reader, pattern proto.Pattern) {
	m, has := &s.Custom.Match, len(s.Custom.Messages) > 0 || r.has("messages")
	switch {
	case !r.has("match") && pattern == proto.Echo && !has:
		m.By = "header"
	case !r.has("match"):
		m.By = matchesOf[pattern][0]
	case !r.valid("match"):
		return
	case !slices.Contains(matchesOf[pattern], m.By):
		r.problemAt("match", "match: %s with pattern %s; expected %s", m.By, pattern, strings.Join(matchesOf[pattern], " or "))
		return
	}
	closedLoop := slices.Contains(s.Load.Model, closed)
	switch {
	case pattern == proto.Fanout && has && m.Field == "":
		r.problemAt("match", "match with pattern fanout and messages; expected {header: PATH}, the path of {{.Header}} in delivered messages, such as {header: data.header}")
	case m.By == "none" && closedLoop:
		r.problemAt("match", "match: none in a closed loop; expected order, header or {field: PATH}")
	case m.By == "field" && !has && pattern != proto.Push:
		r.problemAt("match", "match: {field: …} without messages; expected messages with {{.RequestNumber}} or {{.UUID}}")
	}
	if pattern != proto.Push { // push: match numbers the server's messages
		s.checkMatched(r)
	}
}

// checkMatched reports messages without the value that match needs.
func (s *Scenario) checkMatched(r *reader) {
	by := s.Custom.Match.By
	needs := map[string][]string{"field": {"RequestNumber", "UUID"}, "header": {"Header"}}[by]
	if needs == nil {
		return
	}
	for _, m := range s.Custom.Messages {
		if m.File != "" && !m.Raw || m.Text != "" && uses(m.Text, needs...) || m.Text == "" && m.File == "" { // a missing text is reported elsewhere
			continue
		}
		r.problemAt("match", "match: %s, and the message in line %d has no {{.%s}}; expected it there", by, m.Line, strings.Join(needs, "}} or {{."))
		return
	}
}
