package asyncapi

import (
	"maps"
	"slices"

	"rtbench/scenarios/draft"
)

// A matching is the property by which replies are matched.
type matching struct {
	path, action string // path is empty for other ways to match
	by           string
	why          string
	replies      []*message
	answered     []*message
}

func (m matching) value() draft.Value {
	if m.path == "" {
		return draft.Plain(m.by)
	}
	return draft.One("field", draft.Text(draft.Literal(m.path)))
}

// matching finds a correlation ID, or a property with the name of one in requests and replies.
func (s script) matching(load []*message) (m matching, err error) {
	for _, sure := range []bool{true, false} {
		for _, request := range load {
			path, replies, err := s.common(request, sure)
			if err != nil {
				return m, err
			}
			if path == "" || m.path != "" && path != m.path {
				continue
			}
			m.path, m.answered = path, append(m.answered, request)
			for _, r := range replies {
				if !slices.Contains(m.replies, r) {
					m.replies = append(m.replies, r)
				}
			}
		}
		if m.path != "" {
			m.why = "a guess: a property of requests and replies"
			if sure {
				m.why = "the correlation ID of the document"
			}
			m.action, err = s.action(m.answered[0], m.path)
			return m, err
		}
	}
	if len(s.received) == 0 {
		return matching{by: "none", why: "the document has no replies"}, nil
	}
	return matching{by: "order", why: "a guess: requests and replies have no ID in common", replies: s.received}, nil
}

// common returns the path of the ID that a request and its replies have in common: its correlation ID,
// or else a property. Without replies in the document all messages of the server may be some.
func (s script) common(request *message, sure bool) (path string, replies []*message, err error) {
	candidates := request.replies
	if len(candidates) == 0 {
		candidates = s.received
	}
	ids := map[string]bool{}
	if sure {
		if path, err = s.doc.correlation(request); err != nil || path == "" {
			return "", nil, err
		}
		ids[path] = true
	} else if ids, err = s.ids(request); err != nil {
		return "", nil, err
	}
	for _, r := range candidates {
		of, err := s.ids(r)
		if err != nil {
			return "", nil, err
		}
		explicit, err := s.doc.correlation(r)
		if err != nil {
			return "", nil, err
		}
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			if (of[id] || explicit == id) && (path == "" || path == id) {
				path, replies = id, append(replies, r)
			}
		}
	}
	if len(replies) == 0 {
		return "", nil, nil
	}
	return path, replies, nil
}

// ids returns the properties of a message with the name of an ID.
func (s script) ids(m *message) (map[string]bool, error) {
	payload, err := s.doc.payload(m)
	if err != nil {
		return nil, err
	}
	list, _, err := s.doc.properties(payload, seen{})
	ids := map[string]bool{}
	for _, p := range list {
		if idForm.MatchString(p.key.Value) {
			ids[draft.Path("", p.key.Value)] = true
		}
	}
	for _, p := range pairs(s.doc.example(m, payload)) {
		if idForm.MatchString(p.key.Value) {
			ids[draft.Path("", p.key.Value)] = true
		}
	}
	return ids, err
}

// action returns the template of the ID: a UUID if the schema demands one.
func (s script) action(m *message, path string) (string, error) {
	payload, err := s.doc.payload(m)
	if err != nil {
		return "", err
	}
	list, _, err := s.doc.properties(payload, seen{})
	for _, p := range list {
		if draft.Path("", p.key.Value) == path && text(child(p.value, "format")) == "uuid" {
			return "{{.UUID}}", err
		}
	}
	return "{{.RequestNumber}}", err
}
