package spec

import "gopkg.in/yaml.v3"

// Merge overlays a mapping: keys of over win, those without a value remove the key, and nested mappings are
// merged. The inputs are not changed; the result has the position of over, and the order of base.
func (r *Reader) Merge(base, over *yaml.Node) *yaml.Node {
	if over == nil {
		return base
	}
	if base == nil || base.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return over
	}
	out := r.emptied(over)
	below, above := ByKey(base), ByKey(over)
	for i := 0; i+1 < len(base.Content); i += 2 {
		key, value := base.Content[i], base.Content[i+1]
		if at, ok := above[key.Value]; ok && key.Kind == yaml.ScalarNode {
			other := over.Content[at+1]
			if IsNull(other) {
				continue
			}
			if other.Kind != yaml.MappingNode || r.files[key] >= r.files[over.Content[at]] {
				key = over.Content[at] // else of the file, not of a profile or flag that adds to it
			}
			value = r.Merge(value, other)
		}
		out.Content = append(out.Content, key, value)
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		key := over.Content[i]
		at, ok := below[key.Value]
		if !ok || key.Kind != yaml.ScalarNode || above[key.Value] != i || base.Content[at].Kind != yaml.ScalarNode {
			out.Content = append(out.Content, key, over.Content[i+1])
		}
	}
	return out
}

// emptied returns an empty mapping at the position of n.
func (r *Reader) emptied(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	if f, ok := r.files[n]; ok {
		r.files[&out] = f
	}
	return &out
}

// Wrapped returns a mapping of one key at the position of its value.
func (r *Reader) Wrapped(key string, value *yaml.Node) *yaml.Node {
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key, Line: value.Line, Column: value.Column}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: value.Line, Column: value.Column, Content: []*yaml.Node{name, value}}
	if f, ok := r.files[value]; ok {
		r.files[name], r.files[out] = f, f
	}
	return out
}

// Replaced returns a mapping with another value of a key.
func (r *Reader) Replaced(n *yaml.Node, key string, value *yaml.Node) *yaml.Node {
	out := r.emptied(n)
	for _, p := range Pairs(n) {
		if p.Key.Value == key {
			p.Value = value
		}
		out.Content = append(out.Content, p.Key, p.Value)
	}
	return out
}

// Placed returns n at the position of the file's root, for problems about missing keys.
func Placed(n, at *yaml.Node) *yaml.Node {
	out := *n
	out.Line, out.Column = at.Line, at.Column
	return &out
}

// ByKey returns the indexes of the keys of a mapping.
func ByKey(n *yaml.Node) map[string]int {
	out := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode {
			out[n.Content[i].Value] = i
		}
	}
	return out
}

// Child returns the value of a key of a mapping, nil if missing.
func Child(n *yaml.Node, key string) *yaml.Node {
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

// Elements returns the elements of a list, or else the node itself.
func Elements(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// Without returns a mapping without a key.
func (r *Reader) Without(n *yaml.Node, key string) *yaml.Node {
	if Child(n, key) == nil {
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

// A Pair is a key of a mapping with its value.
type Pair struct{ Key, Value *yaml.Node }

// Pairs returns the scalar keys of a mapping with their values; nil for other nodes.
func Pairs(n *yaml.Node) []Pair {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var out []Pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode {
			out = append(out, Pair{n.Content[i], n.Content[i+1]})
		}
	}
	return out
}
