package spec

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Reader walks the nodes of a file along a table of keys and collects problems.
type Reader struct {
	Problems Problems
	Root     *yaml.Node
	Keys     []Key            // the table of Root
	Axes     map[string][]any // values of the keys that may be axes, by path

	sources []source              // the file itself first
	current int                   // source of place
	files   map[*yaml.Node]int    // source of each node that is not from the first
	written map[*yaml.Node]string // text before variables were expanded
	broken  map[*yaml.Node]bool   // nodes with reported errors in variables
	keys    map[string]*yaml.Node // known keys in the file, by path
	values  map[string]*yaml.Node
	bad     map[string]bool // paths with invalid values

	part  string     // the path of a Part
	group *yaml.Node // its keys; others are inherited
}

// A source is a file, --set KEY=VALUE, or the flag of a key.
type source struct {
	name string
	flag bool
	path string // of the key, for its flag
	file bool   // an included file
}

// NewReader returns a reader for a file.
func NewReader(file string) *Reader {
	return &Reader{
		sources: []source{{name: file}}, files: map[*yaml.Node]int{}, written: map[*yaml.Node]string{}, broken: map[*yaml.Node]bool{},
		keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}, bad: map[string]bool{}, Axes: map[string][]any{},
	}
}

// Part returns a reader for the mapping at path whose keys override those of the root. Messages name
// its keys below path, and those that it inherits as the root does. A key without a value is not inherited.
// override selects the keys whose mappings do not merge.
func (r *Reader) Part(path string, base *yaml.Node, override func(key string) bool) *Reader {
	n := r.values[path]
	for _, p := range Pairs(n) {
		removes := IsNull(p.Value) && Child(base, p.Key.Value) != nil
		if removes {
			n = r.Without(n, p.Key.Value)
		}
		if removes || override(p.Key.Value) {
			base = r.Without(base, p.Key.Value)
		}
	}
	part := *r
	part.Problems, part.Axes = nil, map[string][]any{}
	part.keys, part.values, part.bad = map[string]*yaml.Node{}, map[string]*yaml.Node{}, map[string]bool{}
	part.Root, part.part, part.group = r.Merge(base, n), path, n
	return &part
}

// Inherits reports whether the key at path is that of the root, for a Part.
func (r *Reader) Inherits(path string) bool {
	first, _, _ := strings.Cut(path, ".")
	return Child(r.group, first) == nil && Child(r.Root, first) != nil
}

// AddFile adds an included file, and AddSet a flag --set; both return the index of the source.
func (r *Reader) AddFile(name string) int { return r.add(source{name: name, file: true}) }

// AddSet adds an option of the command line that sets keys by their names.
func (r *Reader) AddSet(name string) int { return r.add(source{name: name, flag: true}) }

func (r *Reader) add(s source) int {
	r.sources = append(r.sources, s)
	return len(r.sources) - 1
}

// WithSource makes problems without a node refer to a source until the returned function is called.
func (r *Reader) WithSource(source int) (leave func()) {
	before := r.current
	r.current = source
	return func() { r.current = before }
}

// Adopt records the source of nodes.
func (r *Reader) Adopt(n *yaml.Node, source int) {
	if source == 0 {
		return
	}
	r.files[n] = source
	for _, child := range n.Content {
		r.Adopt(child, source)
	}
}

// place reports a problem at a position of the current source.
func (r *Reader) place(line, column int, format string, args ...any) {
	s := r.sources[r.current]
	p := Problem{File: s.name, Line: line, Column: column, Message: fmt.Sprintf(format, args...), order: r.current}
	if s.flag || s.path != "" {
		p.Line, p.Column = 0, 0
	}
	if s.path != "" || r.fromFlags() {
		p.File = ""
	}
	if !slices.Contains(r.Problems[max(0, len(r.Problems)-manyProblems):], p) { // two checks may find the same
		r.Problems = append(r.Problems, p)
	}
}

// Fail reports a problem of the current source as a whole.
func (r *Reader) Fail(format string, args ...any) {
	line := 1
	if r.sources[r.current].flag {
		line = 0
	}
	r.place(line, line, format, args...)
}

// Problem reports a problem of a node. The message is the name of the key at path followed by the
// text, such as ": found 3"; empty path: the text alone. For the flag of a key, the flag is its
// name.
func (r *Reader) Problem(n *yaml.Node, path, format string, args ...any) {
	r.ProblemIn(n, n.Line, n.Column, path, format, args...)
}

// ProblemIn is Problem at a position inside the node.
func (r *Reader) ProblemIn(n *yaml.Node, line, column int, path, format string, args ...any) {
	defer r.WithSource(r.files[n])()
	name := r.Name(path)
	if s := r.sources[r.current]; path == "" && s.path != "" {
		name = s.name + ": "
	}
	r.place(line, column, "%s", name+fmt.Sprintf(format, args...))
}

// Name returns the name of a key in messages: its path, or its flag.
func (r *Reader) Name(path string) string {
	switch {
	case r.fromFlags():
		return r.flagAt(path)
	case r.group != nil && path != "" && !r.Inherits(path):
		return r.part + "." + path
	}
	return path
}

// At reports a problem at the value of a key, or at the nearest parent in the file.
func (r *Reader) At(path, format string, args ...any) {
	r.Problem(r.nodeAt(path), path, format, args...)
}

func (r *Reader) nodeAt(path string) *yaml.Node {
	if n := r.values[path]; n != nil {
		return n
	}
	for parent, _, found := cutLast(path); found; parent, _, found = cutLast(parent) {
		if n := r.keys[parent]; n != nil {
			return n
		}
	}
	return r.Root
}

// Place returns a problem without a message at a key, for problems that are found later.
func (r *Reader) Place(path string) Problem {
	n := r.nodeAt(path)
	before := r.Problems
	r.Problems = nil
	r.Problem(n, path, "")
	p := r.Problems[0]
	r.Problems = before
	return p
}

// Where names the place of a node: FILE:LINE, or its flag.
func (r *Reader) Where(n *yaml.Node) string {
	s := r.sources[r.files[n]]
	if s.flag || s.path != "" {
		return s.name
	}
	return fmt.Sprintf("%s:%d", s.name, n.Line)
}

// Text returns a scalar as written; messages do not show values of variables.
func (r *Reader) Text(n *yaml.Node) string {
	if w, ok := r.written[n]; ok {
		return w
	}
	return n.Value
}

// FromVariable reports whether the text of a scalar contained variables.
func (r *Reader) FromVariable(n *yaml.Node) bool {
	_, ok := r.written[n]
	return ok
}

// Broken reports whether the variables of a scalar have been reported as errors.
func (r *Reader) Broken(n *yaml.Node) bool { return r.broken[n] }

// Describe names a node in a message.
func (r *Reader) Describe(n *yaml.Node) string {
	if w, ok := r.written[n]; ok {
		return "the value of " + Quote(w)
	}
	return Describe(n)
}

// Included reports whether the value of a key is that of an included file.
func (r *Reader) Included(path string) bool {
	n := r.values[path]
	return n != nil && r.sources[r.files[n]].file
}

// Value returns the value of a key in the file; nil if it is not there.
func (r *Reader) Value(path string) *yaml.Node { return r.values[path] }

// Has reports whether the file has a key.
func (r *Reader) Has(path string) bool { return r.values[path] != nil }

// Valid reports whether the file has a key with a valid value.
func (r *Reader) Valid(path string) bool { return r.Has(path) && !r.bad[path] }

// Bad reports whether the value of a key is invalid.
func (r *Reader) Bad(path string) bool { return r.bad[path] }

// Note records a value that was read without a Key.
func (r *Reader) Note(path string, key, value *yaml.Node) { r.keys[path], r.values[path] = key, value }

// Refuse reports anchors, aliases and tags, which are not supported, so that small files stay
// small.
func (r *Reader) Refuse(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.Problem(n, "", "alias %s; expected the value itself: aliases are not supported", Quote("*"+n.Value))
	case n.Anchor != "":
		r.Problem(n, "", "anchor %s; expected the value alone: anchors are not supported", Quote("&"+n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		r.Problem(n, "", "tag %s; expected the value alone: tags are not supported", Quote(n.Tag))
	}
	for _, child := range n.Content {
		r.Refuse(child)
	}
}
