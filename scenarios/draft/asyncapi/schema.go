package asyncapi

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/scenarios/draft"
)

// seen are the schemas whose parts were looked at: a schema adds nothing to itself, or a second time.
type seen map[*yaml.Node]bool

// first reports whether a schema was not seen before, and notes it.
func (s seen) first(n *yaml.Node) bool {
	before := s[n]
	s[n] = true
	return !before
}

// typeOf returns the type of a schema; empty if it is unknown.
func (doc *document) typeOf(n *yaml.Node, s seen) (string, error) {
	kinds := []string{text(child(n, "type"))}
	for _, item := range items(child(n, "type")) {
		kinds = append(kinds, text(item))
	}
	for _, kind := range kinds {
		if kind != "" && kind != "null" {
			return kind, nil
		}
	}
	switch {
	case child(n, "properties") != nil:
		return "object", nil
	case child(n, "items") != nil:
		return "array", nil
	case !s.first(n):
		return "", nil
	}
	parts, err := doc.parts(n)
	if err != nil {
		return "", err
	}
	for _, part := range parts {
		if kind, err := doc.typeOf(part, s); err != nil || kind != "" {
			return kind, err
		}
	}
	if v := constant(n); v != nil {
		return map[string]string{"!!int": "integer", "!!float": "number", "!!bool": "boolean", "!!str": "string"}[v.ShortTag()], nil
	}
	return "", nil
}

// parts returns the schemas that a schema combines: all of allOf, the first of oneOf and anyOf.
func (doc *document) parts(n *yaml.Node) (out []*yaml.Node, err error) {
	list := items(child(n, "allOf"))
	for _, key := range []string{"oneOf", "anyOf"} {
		if alternatives := items(child(n, key)); len(alternatives) > 0 {
			list = append(slices.Clip(list), alternatives[0])
		}
	}
	for _, part := range list {
		part, err := doc.resolve(part)
		if err != nil {
			return nil, err
		}
		out = append(out, part)
	}
	return out, nil
}

// properties returns the properties of an object and the names of the required ones, with those of the
// schemas that it combines.
func (doc *document) properties(n *yaml.Node, s seen) (list []pair, required []string, err error) {
	n, err = doc.resolve(n)
	if err != nil || n == nil || !s.first(n) {
		return nil, nil, err
	}
	parts, err := doc.parts(n)
	if err != nil {
		return nil, nil, err
	}
	for _, item := range items(child(n, "required")) {
		required = append(required, text(item))
	}
	for _, p := range pairs(child(n, "properties")) {
		if p.value, err = doc.resolve(p.value); err != nil {
			return nil, nil, err
		}
		list = append(list, p)
	}
	for _, part := range parts {
		more, also, err := doc.properties(part, s)
		if err != nil {
			return nil, nil, err
		}
		required = append(required, also...)
		for _, p := range more {
			if !slices.ContainsFunc(list, func(o pair) bool { return o.key.Value == p.key.Value }) {
				list = append(list, p)
			}
		}
	}
	return list, required, nil
}

// correlation returns the path of the correlation ID of a message, such as reqid for
// $message.payload#/reqid; empty if it has none in its payload.
func (doc *document) correlation(m *message) (string, error) {
	n, err := doc.resolve(child(m.node, "correlationId"))
	if n == nil || err != nil {
		return "", err
	}
	pointer, ok := strings.CutPrefix(text(child(n, "location")), "$message.payload#/")
	if !ok {
		return "", nil
	}
	path := ""
	for key := range strings.SplitSeq(pointer, "/") {
		path = draft.Path(path, strings.NewReplacer("~1", "/", "~0", "~").Replace(key))
	}
	return path, nil
}

// labelNames are the properties whose constants tell the kinds of messages.
var labelNames = []string{"type", "event", "op", "action", "method", "kind", "cmd", "command", "messageType", "message_type", "msgType", "eventType"}

// label returns the property that tells the kind of a message, and its constant; empty if there is
// none.
func (doc *document) label(m *message) (name, value string, err error) {
	payload, err := doc.payload(m)
	if err != nil {
		return "", "", err
	}
	list, _, err := doc.properties(payload, seen{})
	if err != nil {
		return "", "", err
	}
	example := doc.example(m, payload)
	for _, name := range labelNames {
		for _, p := range list {
			if p.key.Value != name {
				continue
			}
			if v := child(p.value, "const"); v != nil && text(v) != "" {
				return name, text(v), nil
			}
			if all := items(child(p.value, "enum")); len(all) == 1 && text(all[0]) != "" {
				return name, text(all[0]), nil
			}
		}
		if v := text(child(example, name)); v != "" && len(items(child(m.node, "examples"))) == 1 {
			return name, v, nil
		}
	}
	return "", "", nil
}
