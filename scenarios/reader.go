package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A reader walks the nodes of a scenario along a table of fields and collects problems.
type reader struct {
	sources  []source // the file itself first
	current  int      // source of place
	problems Problems
	root     *yaml.Node
	files    map[*yaml.Node]int    // source of each node that is not from the first
	written  map[*yaml.Node]string // text before variables were expanded
	broken   map[*yaml.Node]bool   // nodes with reported errors in variables
	keys     map[string]*yaml.Node // known keys in the file, by path
	values   map[string]*yaml.Node
	bad      map[string]bool // paths with invalid values
}

// A source is a file or a flag; the name of a flag is its text.
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

// source adds a source and returns its index.
func (r *reader) source(name string, flag bool) int {
	r.sources = append(r.sources, source{name, flag})
	return len(r.sources) - 1
}

// withSource makes place refer to a source until the returned function is called.
func (r *reader) withSource(source int) (leave func()) {
	before := r.current
	r.current = source
	return func() { r.current = before }
}

// adopt records the source of nodes.
func (r *reader) adopt(n *yaml.Node, source int) {
	if source == 0 {
		return
	}
	r.files[n] = source
	for _, child := range n.Content {
		r.adopt(child, source)
	}
}

// A read reads the value at a path.
type read func(r *reader, path string, n *yaml.Node)

// A value defines how to read the value of a key, and its shape.
type value struct {
	read  read
	shape shape
}

// A field is a key with its value.
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
	if !slices.Contains(r.problems[max(0, len(r.problems)-manyProblems):], p) { // two checks may find the same
		r.problems = append(r.problems, p)
	}
}

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	defer r.withSource(r.files[n])()
	r.place(n.Line, n.Column, format, args...)
}

// text returns a scalar as written; messages do not show values of variables.
func (r *reader) text(n *yaml.Node) string {
	if w, ok := r.written[n]; ok {
		return w
	}
	return n.Value
}

// describe names a node in a message.
func (r *reader) describe(n *yaml.Node) string {
	if w, ok := r.written[n]; ok {
		return "the value of " + quote(w)
	}
	return describe(n)
}

// has reports whether the file has a key.
func (r *reader) has(path string) bool { return r.values[path] != nil }

// valid reports whether the file has a key with a valid value.
func (r *reader) valid(path string) bool { return r.has(path) && !r.bad[path] }

// problemAt reports a problem at the value of a key, or at the nearest parent in the file.
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

// refuse reports anchors, aliases and tags, which are not supported, so that small files stay
// small.
func (r *reader) refuse(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.problem(n, "alias %s; expected the value itself: aliases are not supported", quote("*"+n.Value))
	case n.Anchor != "":
		r.problem(n, "anchor %s; expected the value alone: anchors are not supported", quote("&"+n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(n, "tag %s; expected the value alone: tags are not supported", quote(n.Tag))
	}
	for _, child := range n.Content {
		r.refuse(child)
	}
}

// mapping reads a mapping with the keys in fields.
func (r *reader) mapping(path string, n *yaml.Node, fields []field) {
	if n.Kind == yaml.AliasNode {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s: found %s; expected keys of %s", path, r.describe(n), fieldNames(fields))
		return
	}
	first := map[string]int{}
	var exact map[string]int // built for the first unknown key
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
			r.problem(key, "key %q is a duplicate; expected it once (line %d has it)", f.name, line)
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

// field returns the field of a key. For an unknown key it reports a problem and returns the likely
// field, so that its value is checked too.
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

// unknown reports an unknown key.
func (r *reader) unknown(path string, key, value *yaml.Node, fields []field) {
	switch where := ""; {
	case key.Value == "<<":
		r.problem(key, "merge key <<; expected the keys themselves, or `include: FILE`")
	case strings.HasPrefix(key.Value, "${"):
		r.problem(key, "variable %s as a key; expected variables in values only", quote(key.Value))
	case strings.HasPrefix(path, "thresholds[") && asCondition(key, value) != "":
		r.problem(key, "found a condition as a key and a value; expected one text; did you mean `- %s`?", asCondition(key, value))
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

// manyProblems is the number of problems after which hints are not computed.
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

// list reads a value, or a list of distinct values.
func list[T comparable](into *[]T, k kind[T]) value {
	return value{shape: shape{scalar: k.allowed, list: true}, read: func(r *reader, path string, n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		if len(items) == 0 {
			r.problem(n, "%s: empty list; expected a value, or no key for the default", path)
		}
		values := make([]T, 0, len(items))
		seen := map[T]bool{}
		for _, item := range items {
			v, ok := k.scalar(r, path, item)
			if ok && seen[v] {
				r.problem(item, "%s: found %s twice; expected each value once", path, quote(r.text(item)))
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
