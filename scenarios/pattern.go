package scenarios

import (
	"slices"
	"strings"

	"rtbench/proto"
)

// checkMessages holds what is said against what the protocols can say.
func (s *Scenario) checkMessages(r *reader) {
	o := &s.Custom
	byRow := uses(strings.Join(texts(o), "\n"), "Row")
	switch {
	case byRow && o.Rows.File == "" && !r.has("rows"):
		r.problemAt("messages", "{{.Row.NAME}} without rows; expected `rows: FILE`, of CSV or JSON Lines, with it")
	case o.Rows.File != "" && !byRow && !anyFile(o):
		r.problemAt("rows", "rows: without {{.Row.NAME}} in a message or a step; expected that where the values go")
	}
	if r.has("payload.encoding") && len(o.Messages) > 0 {
		r.problemAt("payload.encoding", "payload.encoding: with messages; expected one of them, as a message is what its template says")
	}
	sized := len(o.Messages) > 0 && anyFile(o) || slices.ContainsFunc(o.Messages, func(m Message) bool { return m.Size == "" && uses(m.Text, "Body") })
	if r.has("payload.size") && len(o.Messages) > 0 && !sized {
		r.problemAt("payload.size", "payload.size: with messages that have no {{.Body}} of that size; expected one where its bytes go")
	}
	if r.valid("payload.size") && sized && slices.Min(s.Payload.Size) < proto.TextHeaderSize {
		r.problemAt("payload.size", "payload.size: less than %d, which rtbench's own header takes; expected that much, or `size` of a message, such as {text: '{{.Body}}', size: 10}", proto.TextHeaderSize)
	}
	s.checkCustomEncoding(r)
	for _, name := range o.protocols() {
		e := o.Endpoints[name]
		says := stepsSay(o.Opening, "authenticate", "subscribe", "send") || stepsSay(o.Closing, "authenticate", "subscribe", "send")
		if strings.HasPrefix(name, "sse") && e.Post == "" && says {
			r.problemAt("steps", "steps: something is sent over %s, which only listens; expected `post: URL` of %s, where messages go", name, name)
		}
		if n := otherCode(o); name != "websocket" && n > 0 && len(o.Endpoints) == 1 {
			r.problemAt("steps", "steps: close %d over %s; expected close alone, as only a WebSocket has a code", n, name)
		}
	}
}

// checkCustomEncoding is of rtbench's own message, where the scenario has none.
func (s *Scenario) checkCustomEncoding(r *reader) {
	if !r.has("payload.encoding") || len(s.Custom.Messages) > 0 {
		return
	}
	if slices.Contains(s.Payload.Encoding, "native") {
		r.problemAt("payload.encoding", "payload.encoding: native with api: custom; expected text or binary, or messages of the server's own")
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
			r.problemAt("payload.encoding", "payload.encoding: binary over %s, which carries text as it is; expected %s", name, expected)
		}
	}
}

// texts are all templates of a scenario that stand in it.
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

// anyFile says whether a message is a template in a file, of which nothing is known here.
func anyFile(o *Target) bool {
	return slices.ContainsFunc(o.Messages, func(m Message) bool { return m.File != "" && !m.Raw })
}

// otherCode is the code of a step that closes, where it is not 1000.
func otherCode(o *Target) int {
	for _, s := range slices.Concat(o.Opening, o.Closing) {
		if s.Do == "close" && s.Code != 1000 {
			return s.Code
		}
	}
	return 0
}

// checkCustomPattern holds pattern, load, messages and match against each other.
func (s *Scenario) checkCustomPattern(r *reader) {
	if len(s.Pattern) == 0 {
		return // which is said elsewhere
	}
	pattern := proto.Pattern(s.Pattern[0])
	if pattern == proto.Push {
		s.checkCustomPush(r)
	} else if r.has("stamp") {
		r.problemAt("stamp", "stamp: with pattern %s; expected it with push alone, where the server says when a message was sent", pattern)
	}
	for _, name := range s.Custom.protocols() {
		s.checkProtocol(r, pattern, name, s.Custom.Endpoints[name])
	}
	s.checkMatch(r, pattern)
}

// checkProtocol: what a protocol can do of a pattern.
func (s *Scenario) checkProtocol(r *reader, pattern proto.Pattern, name string, e *Endpoint) {
	at := "target." + name
	switch {
	case pattern == proto.Upload && name != "grpc":
		r.problemAt("pattern", "pattern: upload over %s; expected grpc, whose client streaming it is, or echo with `match: none`", name)
	case strings.HasPrefix(name, "sse") && pattern != proto.Push && e.Post == "" && !r.has(at+".post"):
		r.problemAt(at, "%s: post is missing; expected the URL where the messages of pattern %s go, such as `post: https://host/messages`", at, pattern)
	case name == "grpc" && pattern != proto.Push && len(s.Custom.Messages) == 0 && !r.has("messages"):
		r.problemAt("messages", "messages is missing; expected what is sent over gRPC, as JSON such as `messages: '{\"text\":\"hello\"}'`")
	}
}

// checkCustomPush: there the server says what comes, and when.
func (s *Scenario) checkCustomPush(r *reader) {
	for _, key := range []string{"load.model", "load.rate", "load.arrivals", "load.stages", "load.think"} {
		if r.has(key) {
			r.problemAt(key, "%s with pattern push of api: custom; expected none, as the server sets the pace; did you mean `pattern: echo`?", key)
		}
	}
	s.Load.Rate, s.Load.Think, s.Load.Stages = nil, nil, nil
	if len(s.Custom.Messages) > 0 && s.Custom.Endpoints["grpc"] == nil {
		r.problemAt("messages", "messages with pattern push; expected none, as the server speaks; what opens its stream is a step {subscribe: …}, or body of sse")
	}
	if len(s.Custom.Messages) > 1 {
		r.problemAt("messages", "messages: %d with pattern push over grpc; expected one, the request that opens the call", len(s.Custom.Messages))
	}
}

// matchesOf are how a reply may be matched, by pattern; the first is the default where there
// are messages.
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
		r.problemAt("match", "match: with pattern fanout expected {header: PATH}, where the server hands on what {{.Header}} was, such as {header: data.header}")
	case m.By == "none" && closedLoop:
		r.problemAt("match", "match: none in a closed loop; expected order, header or {field: PATH}, as the next message waits for a reply")
	case m.By == "field" && !has && pattern != proto.Push:
		r.problemAt("match", "match: {field: …} without messages; expected messages with {{.RequestNumber}} or {{.UUID}}")
	}
	if pattern != proto.Push { // there it numbers what the server sends
		s.checkMatched(r)
	}
}

// checkMatched: each message must have what a reply is matched by.
func (s *Scenario) checkMatched(r *reader) {
	by := s.Custom.Match.By
	needs := map[string][]string{"field": {"RequestNumber", "UUID"}, "header": {"Header"}}[by]
	if needs == nil {
		return
	}
	for _, m := range s.Custom.Messages {
		if m.File != "" && !m.Raw || m.Text != "" && uses(m.Text, needs...) || m.Text == "" && m.File == "" { // the last has been told
			continue
		}
		r.problemAt("match", "match: %s, and a message (line %d) has no {{.%s}}; expected it there, as the reply is known by it", by, m.Line, strings.Join(needs, "}} or {{."))
		return
	}
}
