package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A reader walks the nodes of a scenario by a table of fields and gathers problems.
type reader struct {
	sources  []source // the file itself first
	current  int      // the source that place points into
	problems Problems
	root     *yaml.Node
	files    map[*yaml.Node]int    // the source of each node that is not of the first
	written  map[*yaml.Node]string // what stood there before variables were put in
	broken   map[*yaml.Node]bool   // whose variables have a problem, which has been told
	keys     map[string]*yaml.Node // of each known key that the file gives, by path
	values   map[string]*yaml.Node
	bad      map[string]bool // paths whose value is wrong
}

// A source is where text comes from: a file, or a flag, whose text is its name.
type source struct {
	name string
	flag bool
}

func newReader(file string) *reader {
	return &reader{
		sources: []source{{name: file}}, files: map[*yaml.Node]int{}, written: map[*yaml.Node]string{}, broken: map[*yaml.Node]bool{},
		keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}, bad: map[string]bool{},
	}
}

// source adds one and returns its index.
func (r *reader) source(name string, flag bool) int {
	r.sources = append(r.sources, source{name, flag})
	return len(r.sources) - 1
}

// withSource has place point into a source until the function that it returns is called.
func (r *reader) withSource(source int) (leave func()) {
	before := r.current
	r.current = source
	return func() { r.current = before }
}

// adopt notes that nodes come from a source.
func (r *reader) adopt(n *yaml.Node, source int) {
	if source == 0 {
		return
	}
	r.files[n] = source
	for _, child := range n.Content {
		r.adopt(child, source)
	}
}

// A read takes the value at a path of the file.
type read func(r *reader, path string, n *yaml.Node)

// A value is how the value of a key is read, and what it may be.
type value struct {
	read  read
	shape shape
}

// A field is a key and its value.
type field struct {
	name  string
	value value
}

func (r *reader) place(line, column int, format string, args ...any) {
	s := r.sources[r.current]
	p := Problem{File: s.name, Line: line, Column: column, Message: fmt.Sprintf(format, args...), order: r.current}
	if s.flag {
		p.Line, p.Column = 0, 0
	}
	if !slices.Contains(r.problems[max(0, len(r.problems)-manyProblems):], p) { // which two checks may find
		r.problems = append(r.problems, p)
	}
}

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	defer r.withSource(r.files[n])()
	r.place(n.Line, n.Column, format, args...)
}

// text is a scalar as it was written: what a variable holds is not for messages.
func (r *reader) text(n *yaml.Node) string {
	if w, ok := r.written[n]; ok {
		return w
	}
	return n.Value
}

// describe names a node in a message.
func (r *reader) describe(n *yaml.Node) string {
	if w, ok := r.written[n]; ok {
		return "what " + quote(w) + " stands for"
	}
	return describe(n)
}

// has says whether the file has that key.
func (r *reader) has(path string) bool { return r.values[path] != nil }

// valid says whether the file has that key with a value that is right by itself.
func (r *reader) valid(path string) bool { return r.has(path) && !r.bad[path] }

// problemAt reports a problem with the value of a key, or with what should hold it.
func (r *reader) problemAt(path, format string, args ...any) {
	if n := r.values[path]; n != nil {
		r.problem(n, format, args...)
		return
	}
	for parent, _, found := cutLast(path); found; parent, _, found = cutLast(parent) {
		if n := r.keys[parent]; n != nil {
			r.problem(n, format, args...)
			return
		}
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
		r.problem(n, "%s: found %s; expected keys and values, of %s", path, r.describe(n), fieldNames(fields))
		return
	}
	first := map[string]int{}
	var exact map[string]int // made when there is a key that is not known
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, known := r.field(path, key, value, fields)
		if !known {
			if exact == nil {
				exact = byKey(n)
			}
			if _, given := exact[f.name]; f.name == "" || given || first[f.name] > 0 {
				continue
			}
		}
		if line := first[f.name]; line > 0 {
			r.problem(key, "key %q is given twice; expected it once, and line %d has it", f.name, line)
			continue
		}
		first[f.name] = key.Line
		p := strings.TrimPrefix(path+"."+f.name, ".")
		r.keys[p], r.values[p] = key, value
		before := len(r.problems)
		f.value.read(r, p, value)
		r.bad[p] = len(r.problems) > before || value.Kind == yaml.AliasNode || r.broken[value]
	}
}

// field finds the field of a key, or reports that there is none and returns what may have
// been meant, so that its value is looked at too: all problems are told at once.
func (r *reader) field(path string, key, value *yaml.Node, fields []field) (f field, known bool) {
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
	if r.unknown(path, key, value, fields); len(r.problems) < manyProblems {
		f = synonym(path, key.Value, fields)
	}
	return f, false
}

// unknown reports a key that there is not.
func (r *reader) unknown(path string, key, value *yaml.Node, fields []field) {
	switch where := ""; {
	case key.Value == "<<":
		r.problem(key, "merge key <<; expected the keys themselves, or `include: FILE`: merge keys are not part of the language")
	case strings.HasPrefix(key.Value, "${"):
		r.problem(key, "variable %s as a key; expected it in a value, keys are written out", quote(key.Value))
	case strings.HasPrefix(path, "thresholds[") && asCondition(key, value) != "":
		r.problem(key, "a condition as a key and a value; expected it as one text; did you mean `- %s`?", asCondition(key, value))
	default:
		if path != "" {
			where = " in " + path
		}
		hint := ""
		if len(r.problems) < manyProblems {
			hint = nearestKey(path, key.Value, fields)
		}
		r.problem(key, "unknown key %s%s; expected one of %s%s", quote(key.Value), where, fieldNames(fields), hint)
	}
}

// manyProblems are enough for hints to be of no use any more.
const manyProblems = 200

func fieldNames(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// section reads a nested mapping.
func section(fields ...field) value {
	return value{
		shape: shape{fields: fields},
		read:  func(r *reader, path string, n *yaml.Node) { r.mapping(path, n, fields) },
	}
}

// one reads a single value.
func one[T any](into *T, k kind[T]) value {
	return value{shape: shape{scalar: k.allowed}, read: func(r *reader, path string, n *yaml.Node) {
		if v, ok := k.scalar(r, path, n); ok {
			*into = v
		}
	}}
}

// list reads a value, or a list of values that differ.
func list[T comparable](into *[]T, k kind[T]) value {
	return value{shape: shape{scalar: k.allowed, list: true}, read: func(r *reader, path string, n *yaml.Node) {
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
				r.problem(item, "%s: %s is in the list twice; expected each value once", path, quote(r.text(item)))
				ok = false
			}
			if ok {
				seen[v] = true
				values = append(values, v)
			}
		}
		*into = values
	}}
}
