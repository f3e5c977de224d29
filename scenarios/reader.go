package scenarios

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// A reader walks the nodes of a file and gathers problems.
type reader struct {
	file     string
	problems Problems
	places   map[string]*yaml.Node // of each value that the file gives
}

// A field is a key and what reads its value.
type field struct {
	name string
	read func(r *reader, path string, n *yaml.Node)
}

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.file, n.Line, n.Column, fmt.Sprintf(format, args...)})
}

// given says whether the file has a value for the key of that path.
func (r *reader) given(path string) bool { return r.places[path] != nil }

// at reports a problem with the value of a key, or with the file as a whole
// where the key is not given.
func (r *reader) at(path, format string, args ...any) {
	if n := r.places[path]; n != nil {
		r.problem(n, format, args...)
		return
	}
	r.problems = append(r.problems, Problem{r.file, 1, 1, fmt.Sprintf(format, args...)})
}

// mapping reads a mapping whose keys are fields.
func (r *reader) mapping(path string, n *yaml.Node, fields []field) {
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s: expected keys %s, found %s", path, strings.Join(fieldNames(fields), ", "), describe(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, known := findField(fields, key.Value)
		switch line := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode || !known:
			r.problem(key, "unknown key %q%s%s; expected one of %s",
				key.Value, in(path), nearest(key.Value, fieldNames(fields)), strings.Join(fieldNames(fields), ", "))
			continue
		case line > 0:
			r.problem(key, "key %q is given twice: first on line %d", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		p := strings.TrimPrefix(path+"."+key.Value, ".")
		r.places[p] = value
		if !r.refuseAlias(value) {
			f.read(r, p, value)
		}
	}
}

// refuseAlias keeps aliases out: a scenario is small, and a file of aliases of
// aliases is not.
func (r *reader) refuseAlias(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		r.problem(n, "an alias (*%s); expected the value itself", n.Value)
		return true
	}
	return false
}

func in(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

func findField(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// section reads a nested mapping.
func section(fields ...field) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) { r.mapping(path, n, fields) }
}

// A parser reads a scalar's text, or says what was expected instead.
type parser[T any] func(text string) (value T, expected string)

// one reads a single value.
func one[T any](into *T, parse parser[T]) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		if v, ok := scalar(r, path, n, parse); ok {
			*into = v
		}
	}
}

// list reads a value or a list of them.
func list[T any](into *[]T, parse parser[T]) func(*reader, string, *yaml.Node) {
	return func(r *reader, path string, n *yaml.Node) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		values := make([]T, 0, len(items))
		seen := map[string]bool{}
		for _, item := range items {
			v, ok := scalar(r, path, item, parse)
			switch {
			case ok && seen[item.Value]:
				r.problem(item, "%s: %q is given twice", path, item.Value)
			case ok:
				values = append(values, v)
			}
			seen[item.Value] = true
		}
		if len(items) == 0 {
			r.problem(n, "%s: the list is empty; leave the key out for its default", path)
		}
		*into = values
	}
}

func scalar[T any](r *reader, path string, n *yaml.Node, parse parser[T]) (v T, ok bool) {
	if r.refuseAlias(n) {
		return v, false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		_, expected := parse("\x00")
		r.problem(n, "%s: found %s; expected %s", path, describe(n), expected)
		return v, false
	}
	v, expected := parse(n.Value)
	if expected != "" {
		r.problem(n, "%s: %q is wrong; expected %s", path, n.Value, expected)
		return v, false
	}
	return v, true
}

func text(into *string) func(*reader, string, *yaml.Node) {
	return one(into, func(s string) (string, string) {
		if s == "\x00" {
			return "", "text"
		}
		return s, ""
	})
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	v := n.Value
	if len(v) > 40 {
		v = v[:40] + "…"
	}
	return fmt.Sprintf("%q", v)
}
