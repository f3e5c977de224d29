package scenarios

import (
	"slices"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// Kinds returns the names of the messages, in their order; none if they have no names.
func (t *Target) Kinds() (names []string) {
	for _, m := range t.Messages {
		if m.Name != "" {
			names = append(names, m.Name)
		}
	}
	return names
}

// Weights returns the weights of the messages; none if they are sent in turn.
func (t *Target) Weights() (weights []int) {
	if !slices.ContainsFunc(t.Messages, func(m Message) bool { return m.Weight > 0 }) {
		return nil
	}
	for _, m := range t.Messages {
		weights = append(weights, max(1, m.Weight))
	}
	return weights
}

// checkKinds reports names and weights of messages that do not fit.
func (s *Scenario) checkKinds(r *spec.Reader) {
	all, names := s.Custom.Messages, s.Custom.Kinds()
	if len(names) > maxKinds {
		r.At("messages", ": found %d names; expected at most %d", len(names), maxKinds)
	}
	for i, m := range all {
		at := m.Key + ".name"
		switch {
		case len(all) == 1 && m.Weight > 0:
			r.At(m.Key+".weight", " with one message; expected several messages, or no weight")
		case len(names) > 0 && m.Name == "":
			r.At(m.Key, " without a name; expected one, such as {name: message%d, text: …}, because other messages have names", i+1)
		case m.Name == "":
		case slices.Index(names, m.Name) != i:
			r.At(at, ": found %q twice; expected another name", m.Name)
		case s.Pattern != string(proto.Echo):
			r.At(at, " with pattern %s; expected `pattern: echo`, whose replies have response times, or no names", s.Pattern)
		case s.Custom.Match.By == "none":
			r.At(at, " with `match: none`; expected order, header or {field: PATH}, because a kind has the times of its replies")
		}
	}
}
