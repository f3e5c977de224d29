package spec

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// One reads a single value.
func One[T any](into *T, k Kind[T]) Value {
	return Value{Shape: Shape{Scalar: k.Allowed, File: k.File}, Read: func(r *Reader, path string, n *yaml.Node) {
		if v, ok := k.Scalar(r, path, n); ok {
			*into = v
		}
	}}
}

// Optional is One for a field that is nil without the key.
func Optional[T any](into **T, k Kind[T]) Value {
	v := new(T)
	return Then(One(v, k), func() { *into = v })
}

// List reads a value, or a list of distinct values.
func List[T comparable](into *[]T, k Kind[T]) Value {
	return Value{Shape: Shape{Scalar: k.Allowed, List: true, File: k.File}, Read: func(r *Reader, path string, n *yaml.Node) {
		*into = distinct(r, path, n, k)
	}}
}

// Axis reads a value, or a list of distinct values to be combined with all others: into gets the
// first, and Reader.Axes all.
func Axis[T comparable](into *T, k Kind[T]) Value {
	return Value{
		Shape: Shape{Scalar: k.Allowed, List: true},
		Set:   func(value any) { *into = value.(T) },
		Read: func(r *Reader, path string, n *yaml.Node) {
			var all []any
			for _, v := range distinct(r, path, n, k) {
				all = append(all, v)
			}
			if r.Axes[path] = all; len(all) > 0 {
				*into = all[0].(T)
			}
		},
	}
}

func distinct[T comparable](r *Reader, path string, n *yaml.Node, k Kind[T]) []T {
	items := Elements(n)
	if len(items) == 0 {
		r.Problem(n, path, ": empty list; expected a value, or no key for the default")
	}
	values := make([]T, 0, len(items))
	seen := map[T]bool{}
	for _, item := range items {
		v, ok := k.Scalar(r, path, item)
		if ok && seen[v] {
			r.Problem(item, path, ": found %s twice; expected each value once", Quote(r.Text(item)))
			ok = false
		}
		if ok {
			seen[v] = true
			values = append(values, v)
		}
	}
	return values
}

// Section reads a mapping with the given keys.
func Section(keys ...Key) Value { return Mapping(Shape{Keys: keys}) }

// Mapping reads a mapping with the keys of sh.
func Mapping(sh Shape) Value {
	return Value{Shape: sh, Read: func(r *Reader, path string, n *yaml.Node) { r.Mapping(path, n, sh) }}
}

// OneKey restricts a mapping to exactly one key.
func OneKey(expected string, v Value) Value {
	read := v.Read
	v.Read = func(r *Reader, path string, n *yaml.Node) {
		if n.Kind == yaml.MappingNode && len(n.Content) != 2 {
			r.Problem(n, path, ": found %d keys; %s", len(n.Content)/2, expected)
			return
		}
		read(r, path, n)
	}
	return v
}

// Either reads a mapping, or another value. If short is not empty, it is the key of the mapping
// that the other value stands for.
func Either(short string, other, mapping Value) Value {
	v := mapping
	v.Scalar, v.Short, v.File = other.Scalar, short, other.File
	v.Read = func(r *Reader, path string, n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			mapping.Read(r, path, n)
			return
		}
		other.Read(r, path, n)
	}
	return v
}

// ShortOf reads a scalar that stands for a mapping with one key, whose value is v. expected completes the
// message for a list.
func ShortOf(key string, v Value, expected string) Value {
	v.List = false
	read := v.Read
	v.Read = func(r *Reader, path string, n *yaml.Node) {
		if n.Kind == yaml.SequenceNode {
			r.Problem(n, path, ": found a list; expected %s", expected)
			return
		}
		read(r, join(path, key), n)
	}
	return v
}

// Each reads a value, or a list of values, with the Value that item returns for an element;
// expected completes the message for an empty list.
func Each[T any](into *[]T, expected string, item func(*T) Value) Value {
	v := Value{Shape: item(new(T)).Shape, Read: func(r *Reader, path string, n *yaml.Node) {
		items := Elements(n)
		if len(items) == 0 {
			r.Problem(n, path, ": empty list; expected %s", expected)
		}
		for i, at := range items {
			p := path
			if n.Kind == yaml.SequenceNode {
				p = fmt.Sprintf("%s[%d]", path, i)
			}
			var v T
			item(&v).Read(r, p, at)
			*into = append(*into, v)
		}
	}}
	v.Many = true
	return v
}

// Items is Each for lists only.
func Items[T any](into *[]T, expected string, item func(*T) Value) Value {
	v := Each(into, "", item)
	each := v.Read
	v.Many, v.OnlyList = false, true
	v.Read = func(r *Reader, path string, n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.Problem(n, path, ": found %s; expected %s", r.Describe(n), expected)
			return
		}
		each(r, path, n)
	}
	return v
}

// Then calls f after each reading of a value.
func Then(v Value, f func()) Value {
	read := v.Read
	v.Read = func(r *Reader, path string, n *yaml.Node) {
		read(r, path, n)
		f()
	}
	return v
}

// If calls f with the position of a value after it was read without problems.
func If(v Value, f func(r *Reader, path string, n *yaml.Node)) Value {
	read := v.Read
	v.Read = func(r *Reader, path string, n *yaml.Node) {
		before := len(r.Problems)
		if read(r, path, n); len(r.Problems) == before {
			f(r, path, n)
		}
	}
	return v
}
