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
}

// A source is a file, --set KEY=VALUE, or the flag of a key.
type source struct {
	name string
	flag bool
	path string // of the key, for its flag
}

// NewReader returns a reader for a file.
func NewReader(file string) *Reader {
	return &Reader{
		sources: []source{{name: file}}, files: map[*yaml.Node]int{}, written: map[*yaml.Node]string{}, broken: map[*yaml.Node]bool{},
		keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}, bad: map[string]bool{}, Axes: map[string][]any{},
	}
}

// AddFile adds an included file, and AddSet a flag --set; both return the index of the source.
func (r *Reader) AddFile(name string) int { return r.add(source{name: name}) }

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
	if r.fromFlags() {
		return r.flagAt(path)
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

// Mapping reads a mapping with the given keys.
func (r *Reader) Mapping(path string, n *yaml.Node, of Shape) {
	if n.Kind == yaml.AliasNode {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.Problem(n, path, ": found %s; expected keys of %s", r.Describe(n), names(of.Keys))
		return
	}
	first, unknown := map[string]int{}, false
	var exact map[string]int // built for the first unknown key
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		k, known := r.key(path, key, value, of)
		if !known {
			unknown = true
			if exact == nil {
				exact = ByKey(n)
			}
			if _, given := exact[k.Name]; k.Name == "" || given || first[k.Name] > 0 {
				continue
			}
		}
		if line := first[k.Name]; line > 0 {
			r.Problem(key, "", "key %q is a duplicate; expected it once (line %d has it)", k.Name, line)
			continue
		}
		first[k.Name] = max(key.Line, 1)
		p := join(path, k.Name)
		r.keys[p], r.values[p] = key, value
		before := len(r.Problems)
		k.Value.Read(r, p, value)
		r.bad[p] = len(r.Problems) > before || value.Kind == yaml.AliasNode || r.broken[value]
	}
	for _, k := range of.Keys {
		if k.Required != "" && first[k.Name] == 0 && (path == "" || !unknown) {
			r.Problem(n, join(path, k.Name), " is missing; expected %s", k.Required)
		}
	}
}

// key returns the Key of a key. For an unknown key it reports a problem and returns the likely
// Key, so that its value is checked too.
func (r *Reader) key(path string, key, value *yaml.Node, of Shape) (k Key, known bool) {
	if key.Kind != yaml.ScalarNode {
		if key.Kind != yaml.AliasNode {
			r.Problem(key, "", "found %s as a key; expected one of %s", Describe(key), names(of.Keys))
		}
		return Key{}, false
	}
	for _, k := range of.Keys {
		if k.Name == key.Value {
			return k, true
		}
	}
	if r.unknown(path, key, value, of); len(r.Problems) < manyProblems {
		k = Synonym(key.Value, of.Keys)
	}
	return k, false
}

// unknown reports an unknown key.
func (r *Reader) unknown(path string, key, value *yaml.Node, of Shape) {
	better := ""
	if of.Unknown != nil {
		better = of.Unknown(key, value)
	}
	switch where := ""; {
	case key.Value == "<<":
		r.Problem(key, "", "merge key <<; expected the keys themselves, or `include: FILE`")
	case strings.HasPrefix(key.Value, "${"):
		r.Problem(key, "", "variable %s as a key; expected variables in values only", Quote(key.Value))
	case better != "":
		r.Problem(key, "", "%s", better)
	default:
		if path != "" {
			where = " in " + path
		}
		hint := ""
		if len(r.Problems) < manyProblems {
			hint = r.nearestKey(path, key.Value, of.Keys)
		}
		r.Problem(key, "", "unknown key %s%s; expected one of %s%s", Quote(key.Value), where, names(of.Keys), hint)
	}
}

// manyProblems is the number of problems after which hints are not computed.
const manyProblems = 200
