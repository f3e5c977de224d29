package scenarios

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Step is one action of a connection outside the measured messages.
type Step struct {
	// Do is authenticate, subscribe, send, wait, expect, capture, think or close.
	Do        string
	Text      string // template that authenticate, subscribe and send send
	Condition Condition
	Within    time.Duration // timeout of wait and expect
	Captures  []Capture
	Pause     cell.Pause
	Code      int    // WebSocket close code
	At        string // where the scenario has it, for errors: FILE:LINE or a flag
	Key       string // its place among the keys, such as steps[1]
}

// loadStep is the place of the measured messages among the steps.
const loadStep = "load"

var closeCode = func() spec.Kind[int] {
	k := spec.Integer(1000, 4999).Expecting("a close code for clients: 1000, 1001, or 3000 to 4999")
	parse := k.Parse
	k.Parse = func(s string) (int, bool) {
		n, ok := parse(s)
		return n, ok && (n <= 1001 || n >= 3000)
	}
	return k
}()

// said reads a template, as text or as keys and values.
func said(into *string) spec.Value {
	return spec.Either("", templateText(into), spec.Section(spec.Key{Name: "json", Value: jsonText(into), Doc: "The template as keys and values."}))
}

func (s *Step) keys() []spec.Key {
	waits := s.Condition.value(&s.Within)
	return []spec.Key{
		{Name: "authenticate", Also: "auth login authentication authorize", Value: said(&s.Text), Literal: refuseLogin, Doc: "Send a template with credentials, from variables or rows."},
		{Name: "subscribe", Also: "sub join subscription", Value: said(&s.Text), Doc: "Send a template."},
		{Name: "send", Also: "write say emit publish", Value: said(&s.Text), Doc: "Send a template."},
		{Name: "wait", Also: "wait_for waitfor until receive recv", Value: waits, Doc: "Discard messages until one satisfies the condition."},
		{Name: "expect", Also: "assert assertion validate verify", Value: waits, Doc: "Require the condition of the next message."},
		{Name: "capture", Also: "extract save store remember", Value: s.captures(), Doc: "Take values, by name and path, from the message that the step before waited for, or else from the next message; or from a header of the response that opened the stream: {session: {header: X-Session}}. Later steps, messages and conditions use them as {{.NAME}}. A message without the value is an error of the step."},
		{Name: "think", Also: "sleep pause delay", Value: spec.One(&s.Pause, cell.PauseKind()), Doc: "Pause: a duration, exponential(MEAN) or uniform(LEAST, MOST)."},
		{Name: "close", Value: spec.One(&s.Code, closeCode), Doc: "Close the connection, with a WebSocket close code; default 1000."},
	}
}

// stepWords are the steps with their synonyms, in the order of the manual.
func stepWords() []string {
	words := []string{loadStep}
	for _, k := range new(Step).keys() {
		words = append(words, k.Name+" "+k.Also)
	}
	return words
}

// subscribeNode is the spec.Flag.Node of --subscribe.
func subscribeNode(value string, _ func(string) string) (*yaml.Node, error) {
	return spec.MapNode("subscribe", spec.TextNode(value)), nil
}

// steps reads the actions of a connection besides the measured messages.
func (t *Target) steps() spec.Value {
	loaded, closed := false, false
	v := eachStep("steps such as [{send: hello}, load, {close: 1000}]", func(r *spec.Reader, path string, item *yaml.Node, s Step) {
		switch {
		case closed:
			r.Problem(item, path, ": %s after close; expected close as the last step", s.Do)
		case s.Do == loadStep && loaded:
			r.Problem(item, path, ": found load twice; expected it once, in place of the measured messages")
		case s.Do == loadStep:
			loaded = true
		case loaded && s.Do == "capture":
			r.Problem(item, path, ": capture after load; expected it before load, because replies to measured messages may still arrive")
		case loaded:
			t.Closing = append(t.Closing, s)
		case s.Do == "close":
			r.Problem(item, path, ": close before load; expected `- load` before it")
		default:
			t.Opening = append(t.Opening, s)
		}
		closed = closed || s.Do == "close"
	})
	v.Scalar = spec.OneOf(loadStep, "close").Allowed
	return v
}

// handshake reads the steps before those of the scenario's connections, usually of a preset.
func (t *Target) handshake() spec.Value {
	return eachStep("steps such as [{send: hello}, {wait: welcome}]", func(r *spec.Reader, path string, item *yaml.Node, s Step) {
		if s.Do == loadStep || s.Do == "close" {
			r.Problem(item, path, ": %s in handshake; expected it in steps", s.Do)
			return
		}
		t.Handshake = append(t.Handshake, s)
	})
}

// eachStep reads a list of steps and passes on the valid ones.
func eachStep(expected string, pass func(r *spec.Reader, path string, n *yaml.Node, s Step)) spec.Value {
	sh := spec.Shape{Keys: new(Step).keys(), OnlyList: true}
	return spec.Value{Shape: sh, Read: func(r *spec.Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.Problem(n, path, ": found %s; expected %s", r.Describe(n), expected)
			return
		}
		for i, item := range n.Content {
			if s, ok := oneStep(r, fmt.Sprintf("%s[%d]", path, i), item); ok {
				pass(r, path, item, s)
			}
		}
	}}
}

func oneStep(r *spec.Reader, path string, n *yaml.Node) (s Step, ok bool) {
	s = Step{Within: 10 * time.Second, Code: 1000, At: r.Where(n), Key: path}
	r.Note(path, n, n)
	before := len(r.Problems)
	switch {
	case n.Kind == yaml.ScalarNode && (n.Value == loadStep || n.Value == "close"):
		s.Do = n.Value
	case n.Kind != yaml.MappingNode:
		hint := ""
		if n.Kind == yaml.ScalarNode && !spec.IsNull(n) {
			hint = stepHint(r.Text(n))
		}
		r.Problem(n, path, ": found %s; expected a step, one of authenticate, subscribe, send, wait, expect, capture, think, load, close%s", r.Describe(n), hint)
	case len(n.Content) != 2:
		r.Problem(n, path, ": found %d keys; expected one per step: `- send: …`", len(n.Content)/2)
	default:
		r.Mapping(path, n, spec.Shape{Keys: s.keys()})
		s.Do = n.Content[0].Value
	}
	return s, len(r.Problems) == before
}

func stepHint(text string) string {
	meant := spec.NearestWord(text, stepWords()...)
	switch meant {
	case "":
		return "; did you mean {send: …}?"
	case loadStep, "close":
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return fmt.Sprintf("; did you mean {%s: …}?", meant)
}

// stepsDo reports whether there is a step of one of the kinds.
func stepsDo(steps []Step, words ...string) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return slices.Contains(words, s.Do) })
}
