package scenarios

import (
	"slices"
	"time"

	"rtbench/proto"
	"rtbench/proto/quantity"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// answerKeys are the keys of answers of a custom target.
func (t *Target) answerKeys(s *Scenario) []spec.Key {
	only := spec.When(func() bool { return s.Pattern != string(proto.Generate) }, " without pattern generate; expected `pattern: generate`")
	end := new(Condition)
	return []spec.Key{
		{
			Name: "end", Also: "done until stop end_of_answer", Example: "# '[DONE]'", Conflicts: []spec.Conflict{only},
			Value: spec.Then(end.value(nil), func() { t.End = end }),
			Flag:  spec.Flag{Name: "end", Usage: "with pattern generate: `TEXT` in the message that ends an answer, such as '[DONE]'"},
			Doc:   "Condition of the message that ends an answer, which is not a token. Default, over sse, sse-h2 and grpc: none, since the end of the stream ends the answer. An answer whose stream ends without it is cut off.",
		},
		{
			Name: "token_count", Also: "count usage tokens", Example: "# usage.completion_tokens", Conflicts: []spec.Conflict{only}, Value: pathInto(&t.TokenCount),
			Doc: "Path of the number of tokens of the whole answer, in one of its messages. Default: each message is a token.",
		},
	}
}

// Default drain of custom targets with pattern generate: it ends with the last answer.
const answerDrain = 30 * time.Second

// checkAnswers reports keys that do not fit pattern generate, and fills in defaults.
func (s *Scenario) checkAnswers(r *spec.Reader) {
	if !slices.Contains(s.patterns(), string(proto.Generate)) || s.API == cell.Guide {
		s.Tokens = cell.Tokens{}
		s.refuseAnswerThresholds(r)
		return
	}
	switch {
	case len(s.patterns()) > 1:
		r.At("pattern", ": found generate and others; expected generate alone: write two scenarios")
	case len(s.Events) > 0:
		r.At("events", " with pattern generate; expected none: the server's end of a stream cuts an answer off")
	case s.From != "" || s.Rooms > 0:
		r.At("pattern", ": generate with deliver or rooms; expected echo or fanout with them")
	}
	if s.API == cell.Custom {
		s.Tokens = cell.Tokens{}
		if s.Custom.Rows.Per == "" {
			s.Custom.Rows.Per = "message"
		}
		if !r.Has("phases.drain") {
			s.Drain = answerDrain
		}
		return
	}
	switch length := s.Tokens.Length(); {
	case !r.Has("phases.drain"):
		s.Drain += length
	case s.Drain < length:
		r.At("phases.drain", ": found %v, and an answer takes %v; expected at least that, or no drain", s.Drain, length)
	}
}

// refuseAnswerThresholds reports conditions on answers, which there are none of.
func (s *Scenario) refuseAnswerThresholds(r *spec.Reader) {
	for _, t := range s.Thresholds {
		for _, q := range quantity.Answers {
			if t.Uses(q) {
				r.At("thresholds", ": %s without pattern generate; expected a metric of messages such as p(99), or `pattern: generate`", q.Name)
			}
		}
	}
}

// methodsWithBody are the methods that a request for an answer may have; the default is replaced by POST.
var methodsWithBody = []string{defaultMethod, "POST", "PUT"}

// checkCustomAnswers reports keys of a custom target that do not fit pattern generate.
func (s *Scenario) checkCustomAnswers(r *spec.Reader) {
	t := s.Custom
	if len(t.Messages) == 0 && !r.Has("messages") {
		r.At("pattern", ": generate without messages; expected the request, such as `messages: '{\"stream\":true,\"prompt\":\"{{.Row.prompt}}\"}'`")
	}
	for _, name := range t.protocols() {
		e, at := t.Endpoints[name], "target."+name
		row, _ := proto.ProtocolByName(name)
		switch {
		case !row.PerCall && t.End == nil && !r.Has("end"):
			r.At(at, ": answers over %s without end; expected the condition of their last message, such as `end: {field: done, is: true}`", name)
		case row.PerCall && len(t.Opening)+len(t.Closing) > 0:
			r.At("steps", " over %s with pattern generate; expected none, because each request opens a stream", name)
		case e.Post != "":
			r.At(at+".post", " with pattern generate; expected none, because the request for events is the POST")
		case e.Body != "":
			r.At(at+".body", " with pattern generate; expected the request under messages")
		case proto.Posts(name) && !slices.Contains(methodsWithBody, e.Method):
			r.At(at+".method", ": %s with pattern generate; expected POST", e.Method)
		}
	}
}
