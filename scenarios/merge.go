package scenarios

import "gopkg.in/yaml.v3"

// merge overlays a mapping: keys of over win, and nested mappings are merged. The inputs are not
// changed; the result has the position of over.
func (r *reader) merge(base, over *yaml.Node) *yaml.Node {
	if over == nil {
		return base
	}
	if base == nil || base.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return over
	}
	out := r.emptied(over)
	below, above := byKey(base), byKey(over)
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		if at, ok := below[key.Value]; ok && key.Kind == yaml.ScalarNode {
			if value.Kind == yaml.MappingNode && r.files[base.Content[at]] < r.files[key] {
				key = base.Content[at] // of the file, not of a profile or flag that adds to it
			}
			value = r.merge(base.Content[at+1], value)
		}
		out.Content = append(out.Content, key, value)
	}
	for i := 0; i+1 < len(base.Content); i += 2 {
		if key := base.Content[i]; key.Kind == yaml.ScalarNode {
			if _, ok := above[key.Value]; ok {
				continue
			}
		}
		out.Content = append(out.Content, base.Content[i], base.Content[i+1])
	}
	return out
}

// emptied returns an empty mapping at the position of n.
func (r *reader) emptied(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	if f, ok := r.files[n]; ok {
		r.files[&out] = f
	}
	return &out
}

// placed returns n at the position of the file's root, for problems about missing keys.
func (r *reader) placed(n, at *yaml.Node) *yaml.Node {
	out := *n
	out.Line, out.Column = at.Line, at.Column
	return &out
}

// byKey returns the indexes of the keys of a mapping.
func byKey(n *yaml.Node) map[string]int {
	out := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode {
			out[n.Content[i].Value] = i
		}
	}
	return out
}

// child returns the value of a key of a mapping, nil if missing.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// without returns a mapping without a key.
func (r *reader) without(n *yaml.Node, key string) *yaml.Node {
	if child(n, key) == nil {
		return n
	}
	out := r.emptied(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			out.Content = append(out.Content, n.Content[i], n.Content[i+1])
		}
	}
	return out
}
