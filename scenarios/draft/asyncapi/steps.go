package asyncapi

import (
	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
)

// steps adds the messages before and after the load, and the wait for the replies of the former.
func (s script) steps(opening, closing []*message) error {
	var steps []draft.Value
	for _, m := range opening {
		step, err := s.send(m)
		if err != nil {
			return err
		}
		steps = append(steps, step)
		if wait, ok, err := s.wait(m); err != nil {
			return err
		} else if ok {
			steps = append(steps, wait)
		}
	}
	if len(closing) > 0 {
		steps = append(steps, draft.Plain("load"))
	}
	for _, m := range closing {
		step, err := s.send(m)
		if err != nil {
			return err
		}
		steps = append(steps, step)
	}
	if len(steps) > 0 {
		s.draft.Add("steps", draft.List(steps...), "guessed from the names of messages")
	}
	return nil
}

// variable matches a variable in a template.
var variable = lazyregexp.New(`\$\{[A-Z]`)

// send returns a step that sends a message.
func (s script) send(m *message) (draft.Value, error) {
	text, err := (&sampler{doc: s.doc, secrets: &s.draft.Secrets}).message(m)
	switch {
	case variable.MatchString(text):
		return draft.One("authenticate", draft.Text(text)), err
	case openingForm.MatchString(m.name) && !closingForm.MatchString(m.name):
		return draft.One("subscribe", draft.Text(text)), err
	}
	return draft.One("send", draft.Text(text)), err
}

// wait returns a step that waits for a reply to m that has a label.
func (s script) wait(m *message) (draft.Value, bool, error) {
	for _, r := range m.replies {
		if name, value, err := s.doc.label(r); err != nil || value != "" {
			return draft.One("wait", labeled(name, value)), err == nil, err
		}
	}
	return draft.Value{}, false, nil
}

func labeled(name, value string) draft.Value {
	return draft.Map(draft.Key{Name: "field", Value: draft.Text(name)}, draft.Key{Name: "is", Value: draft.Text(draft.Escape(value))})
}

// heartbeat adds the first of the client's heartbeats.
func (s script) heartbeat(beats []*message) error {
	if len(beats) == 0 {
		return nil
	}
	text, err := (&sampler{doc: s.doc, secrets: &s.draft.Secrets}).message(beats[0])
	s.draft.Add("heartbeat", draft.Map(draft.Key{Name: "every", Value: draft.Plain("30s")}, draft.Key{Name: "send", Value: draft.Text(text)}), "set the interval that the server expects")
	return err
}

// mostIgnored bounds the conditions of messages that are no replies.
const mostIgnored = 8

// ignore adds conditions of the server's messages, except those to keep.
func (s script) ignore(keep func(*message) bool) error {
	var items []draft.Value
	for _, m := range s.received {
		if keep(m) || len(items) == mostIgnored {
			continue
		}
		name, value, err := s.doc.label(m)
		if err != nil {
			return err
		}
		if value != "" {
			items = append(items, labeled(name, value))
		}
	}
	if len(items) > 0 {
		s.draft.Add("ignore", draft.List(items...), "messages of the server that are no replies")
	}
	return nil
}
