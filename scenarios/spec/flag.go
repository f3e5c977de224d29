package spec

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Flag sets a key on the command line.
type Flag struct {
	Name, Short string
	Usage       string   // with the `NAME` of its value; also the comment of the key in written scenarios
	Default     string   // of the flag, where it is not that of the key
	Switch      string   // the flag takes no value and sets the key to this
	Repeat      bool     // each value is an element of a list
	Not         string   // the name of a flag that excludes this one
	Words       []string // for completion, besides those of the key
	Shown       string   // the default of the key, for the help
	Pair        string   // what separates a name from its value, which may be secret; empty: no pair
	// Node converts a value; nil: it is the value of the key, in a list several separated by
	// commas. file converts the names of files. The error completes the flag's name.
	Node func(value string, file func(string) string) (*yaml.Node, error)
}

// A Setting is a flag with the values that the user gave.
type Setting struct {
	Name   string // as the user typed it, such as --rate
	Path   string // of the key
	Key    Key
	Values []string
}

// Node returns the value of the key. file converts the names of files.
func (s Setting) Node(file func(string) string) (*yaml.Node, error) {
	k, last := s.Key, s.Values[len(s.Values)-1]
	convert := k.Flag.Node
	switch {
	case convert != nil:
	case k.Flag.Pair != "":
		convert = k.Flag.pair
	default:
		convert = k.scalar
	}
	values := s.Values
	switch {
	case k.Flag.Switch != "":
		return literal(k.Flag.Switch), nil
	case k.Flag.Repeat:
	case k.Value.List && strings.Contains(last, ","):
		values = strings.Split(last, ",")
	default:
		return convert(last, file)
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, v := range values {
		if !k.Flag.Repeat {
			v = strings.TrimSpace(v)
		}
		n, err := convert(v, file)
		if err != nil {
			return nil, err
		}
		list.Content = append(list.Content, n)
	}
	return list, nil
}

// pair returns a name and a value as a mapping. A name may begin with the separator, as :authority.
func (f Flag) pair(text string, _ func(string) string) (*yaml.Node, error) {
	text = strings.TrimSpace(text)
	first := len(text) - len(strings.TrimPrefix(text, ":"))
	name, value, found := strings.Cut(text[first:], f.Pair)
	if name = strings.TrimSpace(name); !found || name == "" {
		return nil, fmt.Errorf(": expected %s", strings.Trim(valueName.FindString(f.Usage), "`"))
	}
	return MapNode(text[:first]+name, TextNode(strings.TrimSpace(value))), nil
}

// scalar returns a value of the key as YAML would read it, or as text if the key takes any text.
func (k Key) scalar(value string, file func(string) string) (*yaml.Node, error) {
	if k.Value.File {
		value = file(value)
	}
	typed := func(l Limits) bool { return l.Type != "string" && l.Type != "" }
	anyText := func(l Limits) bool { return l.Type == "string" && l.Pattern == "" }
	if slices.ContainsFunc(k.Value.Scalar, typed) && !slices.ContainsFunc(k.Value.Scalar, anyText) {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value}, nil
	}
	return TextNode(value), nil
}

// TextNode returns a scalar that is text.
func TextNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// MapNode returns a mapping of names to values, given in turn.
func MapNode(name string, value *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{TextNode(name), value}}
}

// Under returns a mapping that has only the key at path, or none if value is nil.
func Under(path string, value *yaml.Node) *yaml.Node {
	if value == nil {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	}
	names := strings.Split(path, ".")
	for i := len(names) - 1; i >= 0; i-- {
		value = MapNode(names[i], value)
	}
	return value
}

// AddFlag adds a flag, and returns the index of its source.
func (r *Reader) AddFlag(s Setting) int { return r.add(source{name: s.Name, path: s.Path}) }

// fromFlags reports whether the keys come from flags instead of a file.
func (r *Reader) fromFlags() bool { return len(r.sources) > 1 && r.sources[1].path != "" }

// IsFlag reports whether a node comes from a flag.
func (r *Reader) IsFlag(n *yaml.Node) bool { return r.sources[r.files[n]].path != "" }

// flagAt returns the flags for the key at path, or for its closest parent that has any. The name of
// a pair follows its flag.
func (r *Reader) flagAt(path string) string {
	for at, found := path, true; found; at, _, found = cutLast(at) {
		if flag := r.flagsBelow(at); flag != "" {
			if k, _ := Find(r.Keys, at); k.Value.Texts && len(at) < len(path) {
				return flag + " " + path[len(at)+1:]
			}
			return flag
		}
	}
	return path
}

// flagsBelow returns the flag of a key, else the given flags of the keys below it.
func (r *Reader) flagsBelow(path string) string {
	k, _ := Find(r.Keys, path)
	var given []string
	for _, s := range r.sources[1:] {
		switch {
		case s.path == path || k.Value.Short != "" && s.path == path+"."+k.Value.Short:
			return s.name
		case strings.HasPrefix(s.path, path+".") && !slices.Contains(given, s.name):
			given = append(given, s.name)
		}
	}
	if k.Flag.Name != "" {
		return "--" + k.Flag.Name
	}
	return strings.Join(given, " and ")
}

// Flags returns the keys with a flag, in the order of the table.
func Flags(keys []Key) (all []Setting) {
	Walk(keys, func(path string, k Key) {
		if k.Flag.Name != "" {
			all = append(all, Setting{Name: "--" + k.Flag.Name, Path: path, Key: k})
		}
	})
	return all
}
