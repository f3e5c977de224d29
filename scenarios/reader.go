package scenarios

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// A reader walks the nodes of a file by a table of fields and gathers problems.
type reader struct {
	file     string
	problems Problems
	root     *yaml.Node
	keys     map[string]*yaml.Node // of each known key that the file gives, by path
	values   map[string]*yaml.Node
	bad      map[string]bool // paths whose value is wrong
}

func newReader(file string) *reader {
	return &reader{
		file: file, keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}, bad: map[string]bool{},
	}
}

// A read takes the value at a path of the file.
type read func(r *reader, path string, n *yaml.Node)

// A field is a key and what reads its value.
type field struct {
	name string
	read read
}

func (r *reader) place(line, column int, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, line, column, fmt.Sprintf(format, args...)})
}

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	r.place(n.Line, n.Column, format, args...)
}

// given says whether the file has that key.
func (r *reader) given(path string) bool { return r.values[path] != nil }

// good says whether the file has that key with a value that is right by itself.
func (r *reader) good(path string) bool { return r.given(path) && !r.bad[path] }

// at reports a problem with the value of a key, or with what should hold it.
func (r *reader) at(path, format string, args ...any) {
	if n := r.values[path]; n != nil {
		r.problem(n, format, args...)
		return
	}
	parent, _, _ := strings.Cut(path, ".")
	if n := r.keys[parent]; n != nil {
		r.problem(n, format, args...)
		return
	}
	r.problem(r.root, format, args...)
}

// refuse reports every anchor, alias and tag. A scenario is small; a file of
// aliases of aliases is not. Aliases are not followed.
func (r *reader) refuse(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.problem(n, "alias %s; expected the value itself, aliases are not part of the language", quote("*"+n.Value))
	case n.Anchor != "":
		r.problem(n, "anchor %s; expected the value alone, anchors are not part of the language", quote("&"+n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(n, "tag %s; expected the value alone, tags are not part of the language", quote(n.Tag))
	}
	for _, child := range n.Content {
		r.refuse(child)
	}
}

// mapping reads a mapping whose keys are fields.
func (r *reader) mapping(path string, n *yaml.Node, fields []field) {
	if n.Kind == yaml.AliasNode {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s: found %s; expected keys and values, of %s", path, describe(n), fieldNames(fields))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, known := r.field(path, key, fields)
		if !known {
			continue
		}
		if line := first[f.name]; line > 0 {
			r.problem(key, "key %q is given twice; expected it once, and line %d has it", f.name, line)
			continue
		}
		first[f.name] = key.Line
		p := strings.TrimPrefix(path+"."+f.name, ".")
		r.keys[p], r.values[p] = key, value
		before := len(r.problems)
		f.read(r, p, value)
		r.bad[p] = len(r.problems) > before || value.Kind == yaml.AliasNode
	}
}

// field finds the field of a key, or reports that there is none.
func (r *reader) field(path string, key *yaml.Node, fields []field) (field, bool) {
	if key.Kind != yaml.ScalarNode {
		if key.Kind != yaml.AliasNode {
			r.problem(key, "found %s as a key; expected one of %s", describe(key), fieldNames(fields))
		}
		return field{}, false
	}
	for _, f := range fields {
		if f.name == key.Value {
			return f, true
		}
	}
	where := ""
	if path != "" {
		where = " in " + path
	}
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = f.name
	}
	r.problem(key, "unknown key %s%s; expected one of %s%s", quote(key.Value), where, fieldNames(fields), nearest(key.Value, words))
	return field{}, false
}

func fieldNames(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// section reads a nested mapping.
func section(fields ...field) read {
	return func(r *reader, path string, n *yaml.Node) { r.mapping(path, n, fields) }
}

// one reads a single value.
func one[T any](into *T, k kind[T]) read {
	return func(r *reader, path string, n *yaml.Node) {
		if v, ok := k.scalar(r, path, n); ok {
			*into = v
		}
	}
}

// list reads a value, or a list of values that differ.
func list[T comparable](into *[]T, k kind[T]) read {
	return func(r *reader, path string, n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		if len(items) == 0 {
			r.problem(n, "%s: the list is empty; expected a value, or the key left out for its default", path)
		}
		values := make([]T, 0, len(items))
		seen := map[T]bool{}
		for _, item := range items {
			v, ok := k.scalar(r, path, item)
			if ok && seen[v] {
				r.problem(item, "%s: %s is in the list twice; expected each value once", path, quote(item.Value))
				ok = false
			}
			if ok {
				seen[v] = true
				values = append(values, v)
			}
		}
		*into = values
	}
}
