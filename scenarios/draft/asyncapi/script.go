package asyncapi

import (
	"fmt"
	"slices"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/spec"
)

// Roles of messages, by their names.
var (
	beatForm    = lazyregexp.New(`(?i)^(client|server)?[-_.]?(ping|pong|heart-?_?beat|keep-?_?alive)[-_.]?(message|request|event)?$`)
	closingForm = lazyregexp.New(`(?i)(unsubscribe|leave|logout|disconnect|goodbye|^bye|^close)`)
	openingForm = lazyregexp.New(`(?i)(^|[^n])(subscribe|subscription|auth|login|join|hello|connect|handshake|register|init)`)
	idForm      = lazyregexp.New(`(?i)^(_?id|ref|seq|nonce|req_?id|request_?id|correlation_?id|message_?id|msg_?id|client_?id|client_?ref|invocation_?id)$`)
)

// addScript adds steps, messages, and how replies are matched.
func (c *channel) addScript(d *draft.Draft) error {
	var opening, load, closing, beats []*message
	for _, m := range c.sent {
		_, label, err := c.doc.label(m)
		if err != nil {
			return err
		}
		is := func(form *lazyregexp.Regexp) bool { return form.MatchString(m.name) || form.MatchString(label) }
		switch {
		case is(beatForm):
			beats = append(beats, m)
		case is(closingForm):
			closing = append(closing, m)
		case is(openingForm):
			opening = append(opening, m)
		default:
			load = append(load, m)
		}
	}
	if len(load) == 0 && len(c.received) == 0 || len(load) == 0 && len(beats) > 0 && len(opening) == 0 {
		load, beats = append(beats, opening...), nil
		opening = nil
	}
	if d.Protocol == "sse" {
		if len(c.sent) > 0 {
			d.Note("left out: messages to the server, because an event stream carries none; see target.sse.post")
		}
		opening, load, closing, beats = nil, nil, nil, nil
	}
	s := script{channel: c, draft: d}
	if len(load) == 0 {
		return s.push(opening, beats)
	}
	return s.echo(opening, load, closing, beats)
}

// A script writes the messages of a channel to a draft.
type script struct {
	*channel
	draft *draft.Draft
}

// push adds a stream of the server's messages.
func (s script) push(opening, beats []*message) error {
	s.draft.Add("pattern", draft.Plain("push"), "the server sends, the client only subscribes")
	if err := s.steps(opening, nil); err != nil {
		return err
	}
	if err := s.heartbeat(beats); err != nil {
		return err
	}
	s.draft.Load.Rate = ""
	return s.ignore(func(m *message) bool { return !beatForm.MatchString(m.name) })
}

// echo adds messages with replies.
func (s script) echo(opening, load, closing, beats []*message) error {
	s.draft.Add("pattern", draft.Plain("echo"), "")
	if err := s.steps(opening, closing); err != nil {
		return err
	}
	m, err := s.matching(load)
	if err != nil {
		return err
	}
	if err := s.messages(load, m); err != nil {
		return err
	}
	s.draft.Add("match", m.value(), m.why)
	if err := s.heartbeat(beats); err != nil {
		return err
	}
	if s.draft.Load.Rate == "" {
		s.draft.Load.Rate = spec.FormatRate(float64(max(1, s.draft.Load.Connections)))
		s.draft.Load.Comment = "1/s on each connection: the document says nothing about rates"
	}
	return s.ignore(func(r *message) bool { return slices.Contains(m.replies, r) })
}

// messages adds the load as templates.
func (s script) messages(load []*message, m matching) error {
	var items []draft.Value
	var names []string
	for _, request := range load {
		sample := &sampler{doc: s.doc, secrets: &s.draft.Secrets, number: m.path, action: m.action}
		text, err := sample.message(request)
		if err != nil {
			return err
		}
		switch {
		case m.path != "" && !sample.found:
			s.draft.Note(fmt.Sprintf("left out: message %s, which lacks %s", request.name, m.path))
			continue
		case len(items) == mostKinds:
			s.draft.Note(fmt.Sprintf("left out: message %s, because a scenario has at most %d", request.name, mostKinds))
			continue
		}
		item := []draft.Key{{Name: "text", Value: draft.Text(text)}}
		if m.by != "none" { // a name is for the times of replies
			names = append(names, draft.UnusedName(names, request.name))
			item = append([]draft.Key{{Name: "name", Value: draft.Text(names[len(names)-1])}}, item...)
		}
		items = append(items, draft.Map(item...))
		if len(load) == 1 {
			s.draft.Add("messages", draft.Text(text), "")
			return nil
		}
	}
	if len(items) == 0 {
		return s.doc.errorf(s.node, "found no message with %s; expected it in the payload or the example of one", m.path)
	}
	s.draft.Add("messages", draft.List(items...), "sent in turn; add weights, such as weight: 8")
	return nil
}

// mostKinds is the number of kinds of messages that a scenario can have.
const mostKinds = 16
