package scenarios

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// An Answer is sent for each message that satisfies a condition, such as a pong for a ping.
type Answer struct {
	To      Condition
	Text    string
	At, Key string // as those of a Step
}

// A Heartbeat is sent at intervals on each connection.
type Heartbeat struct {
	Every time.Duration // 0: none
	Text  string
	At    string // as that of a Step
}

func (a *Answer) value() spec.Value {
	const both = "both, such as {to: ping, send: pong}"
	v := spec.Section(
		spec.Key{Name: "to", Also: "when if on", Value: a.To.value(nil), Required: both, Doc: "Condition of the messages to answer, as in ignore."},
		spec.Key{Name: "send", Also: "with reply text", Value: said(&a.Text), Required: both, Doc: "Template of the answer."},
	)
	read := v.Read
	v.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		a.At, a.Key = r.Where(n), path
		read(r, path, n)
	}
	return v
}

func (h *Heartbeat) value() spec.Value {
	const both = "both, such as {every: 30s, send: ping}"
	v := spec.Section(
		spec.Key{Name: "every", Also: "interval period", Value: spec.One(&h.Every, spec.Duration(10*time.Millisecond)), Required: both, Doc: "Interval, from the end of the opening steps."},
		spec.Key{Name: "send", Also: "message text", Value: said(&h.Text), Required: both, Doc: "Template of the message."},
	)
	read := v.Read
	v.Read = func(r *spec.Reader, path string, n *yaml.Node) {
		h.At = r.Where(n)
		read(r, path, n)
	}
	return v
}

// backgroundKeys returns the keys of messages that connections send besides the steps and the measured messages.
func (t *Target) backgroundKeys() []spec.Key {
	carried := func() string {
		for _, name := range t.protocols() {
			if p, _ := proto.ProtocolByName(name); p.PerCall || p.Posts {
				return " over " + name + "; expected websocket, mqtt or tcp"
			}
		}
		return ""
	}
	return []spec.Key{
		{
			Name: "answers", Also: "answer pong pongs respond auto_reply", Value: spec.Each(&t.Answers, "an answer such as {to: ping, send: pong}", (*Answer).value), Conflicts: []spec.Conflict{carried}, Secret: true,
			Example: `# [{to: {field: type, is: ping}, send: '{"type":"pong"}'}]`,
			Doc:     "Answers to messages of the server that are no replies, such as pings. Each message that satisfies `to` is answered with `send`, from the first step on, and counts neither as a reply nor as unmatched.",
		},
		{
			Name: "heartbeat", Also: "keepalive keep_alive heart_beat ping pings", Value: t.Heartbeat.value(), Conflicts: []spec.Conflict{carried}, Secret: true,
			Example: `# {every: 30s, send: '{"type":"ping"}'}`,
			Doc:     "A message that each connection sends at an interval, so that the server keeps it open. It is not measured; name its reply in ignore.",
		},
	}
}

// counters are actions that only measured messages have.
var counters = []string{"RequestNumber", "UUID", "Seq", "Header", "Body"}

// checkBackground reports actions in answers and heartbeats that only other messages have.
func (s *Scenario) checkBackground(r *spec.Reader) {
	check := func(key, text string) {
		checkCaptured(r, key, text, nil, s.Custom.Captured())
		if i := slices.IndexFunc(counters, func(name string) bool { return uses(text, name) }); i >= 0 {
			r.At(key, ": {{.%s}} belongs to measured messages; expected none of {{.%s}}", counters[i], strings.Join(counters, "}}, {{."))
		}
	}
	for _, a := range s.Custom.Answers {
		check(a.Key+".send", a.Text)
	}
	check("heartbeat.send", s.Custom.Heartbeat.Text)
}
