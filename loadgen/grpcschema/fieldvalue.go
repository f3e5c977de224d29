package grpcschema

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// field compiles the value of a field, including tags.
func (c *compiler) field(v value, fd protoreflect.FieldDescriptor) ([]node, error) {
	switch {
	case fd.IsMap():
		return c.mapField(v, fd)
	case fd.IsList():
		return c.list(v, fd)
	}
	return c.singular(v, fd)
}

// singular compiles one value of a singular or repeated field.
func (c *compiler) singular(v value, fd protoreflect.FieldDescriptor) ([]node, error) {
	md := fd.Message()
	if md == nil {
		if !v.dynamic {
			return c.encoded(v, fd)
		}
		l, err := c.leaf(v, fd, tagOf(fd, wireType(fd.Kind())))
		return []node{l}, err
	}
	nodes, err := c.message(v, md)
	if err != nil {
		return nil, err
	}
	if fd.Kind() == protoreflect.GroupKind {
		nodes = join([]node{literal(tagOf(fd, protowire.StartGroupType))}, nodes...)
		return join(nodes, literal(tagOf(fd, protowire.EndGroupType))), nil
	}
	return []node{newDelimited(tagOf(fd, protowire.BytesType), nodes, sample(0))}, nil
}

// list compiles the items of a repeated field.
func (c *compiler) list(v value, fd protoreflect.FieldDescriptor) ([]node, error) {
	if v.shape != array {
		return nil, c.errorf(v.at, "field %s of %s is repeated; expected […]", fd.Name(), fd.ContainingMessage().FullName())
	}
	packed := fd.IsPacked() && len(v.items) > 0
	var nodes []node
	for _, item := range v.items {
		var next []node
		var err error
		if item.dynamic && packed {
			var l node
			l, err = c.leaf(item, fd, nil)
			next = []node{l}
		} else {
			next, err = c.singular(item, fd)
		}
		if err != nil {
			return nil, err
		}
		if packed && !item.dynamic {
			// Strip the item's own tag and length; the packed field has one for all.
			b := []byte(next[0].(literal))
			_, _, n := protowire.ConsumeTag(b)
			b, _ = protowire.ConsumeBytes(b[n:])
			next = []node{literal(b)}
		}
		nodes = join(nodes, next...)
	}
	if packed {
		return []node{newDelimited(tagOf(fd, protowire.BytesType), nodes, sample(0))}, nil
	}
	return nodes, nil
}

// mapField compiles the entries of a map.
func (c *compiler) mapField(v value, fd protoreflect.FieldDescriptor) ([]node, error) {
	if v.shape != object {
		return nil, c.errorf(v.at, "field %s of %s is a map; expected {…}", fd.Name(), fd.ContainingMessage().FullName())
	}
	keys := make(map[string]bool)
	var nodes []node
	for _, entry := range v.members {
		key, err := c.leaf(entry.key, fd.MapKey(), tagOf(fd.MapKey(), wireType(fd.MapKey().Kind())))
		if err != nil {
			return nil, err
		}
		if !entry.key.dynamic {
			once := literal(key.append(nil, sample(0)))
			if keys[string(once)] {
				return nil, c.errorf(entry.key.at, "duplicate key %s of field %s", c.excerpt(entry.key), fd.Name())
			}
			keys[string(once)] = true
			key = once
		}
		value, err := c.singular(entry.value, fd.MapValue())
		if err != nil {
			return nil, err
		}
		nodes = join(nodes, newDelimited(tagOf(fd, protowire.BytesType), join([]node{key}, value...), sample(0)))
	}
	return nodes, nil
}

// encoded compiles a value without actions through protojson.
func (c *compiler) encoded(v value, fd protoreflect.FieldDescriptor) ([]node, error) {
	raw := c.text[v.at:v.end]
	if fd.IsList() {
		raw = "[" + raw + "]"
	}
	b, err := c.encode(fmt.Sprintf("{%q:%s}", fd.JSONName(), raw), fd.ContainingMessage())
	if err != nil {
		return nil, c.typeError(v, fd)
	}
	return []node{literal(b)}, nil
}

// encode encodes a JSON text without actions as a message of type md.
func (c *compiler) encode(text string, md protoreflect.MessageDescriptor) ([]byte, error) {
	m := dynamicpb.NewMessage(md)
	if err := (protojson.UnmarshalOptions{AllowPartial: true, Resolver: c.method.types}).Unmarshal([]byte(text), m); err != nil {
		return nil, err
	}
	return proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(m)
}

// typeError reports that a value does not match its field's type.
func (c *compiler) typeError(v value, fd protoreflect.FieldDescriptor) error {
	expected := expectedOf(fd)
	if fd.Enum() != nil {
		expected = listNames(strings.Trim(c.text[v.at:v.end], `"`), enumNames(fd.Enum()))
	}
	return c.errorf(v.at, "%s is not valid for %s; expected %s", c.excerpt(v), placeOf(fd), expected)
}

// placeOf names a field in an error message.
func placeOf(fd protoreflect.FieldDescriptor) string {
	if md := fd.ContainingMessage(); !md.IsMapEntry() {
		return fmt.Sprintf("field %s of %s", fd.Name(), md.FullName())
	}
	return fmt.Sprintf("a %s of map %s", fd.Name(), fd.ContainingMessage().FullName())
}

// leaf compiles a value with actions, or a map key.
func (c *compiler) leaf(v value, fd protoreflect.FieldDescriptor, tag []byte) (node, error) {
	if v.shape != text && v.shape != bare {
		return nil, c.typeError(v, fd)
	}
	l := &leaf{tag: tag, kind: fd.Kind()}
	if fd.Enum() != nil {
		l.names = make(map[string]int32)
		for i := range fd.Enum().Values().Len() {
			value := fd.Enum().Values().Get(i)
			l.names[string(value.Name())] = int32(value.Number())
		}
	}
	return l, c.fill(l, v, placeOf(fd), expectedOf(fd))
}

// fill sets the text of a leaf. It checks the value in a few messages, or in all rows if it uses rows.
func (c *compiler) fill(l *leaf, v value, place, expected string) (err error) {
	if l.text, err = c.template(v); err != nil {
		return err
	}
	if l.text.UsesCaptured() { // known later; see Check
		l.place, l.expected, l.width = place, expected, 1
		return nil
	}
	samples := uint64(8)
	if l.text.Uses("Row") {
		samples = c.rows
	}
	for n := range samples {
		c.scratch = l.text.Append(c.scratch[:0], sample(n))
		if n == 0 {
			l.width = protowire.SizeVarint(uint64(len(c.scratch)))
		}
		if !l.valid(c.scratch) {
			return c.errorf(v.at, "%s expands to %.40q, which is not valid for %s; expected %s", c.excerpt(v), c.scratch, place, expected)
		}
		if !v.dynamic {
			break
		}
	}
	return nil
}

// expectedOf describes the values that a field accepts.
func expectedOf(fd protoreflect.FieldDescriptor) string {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return "UTF-8 text in quotes"
	case protoreflect.BytesKind:
		return "base64 in quotes"
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return fmt.Sprintf("a number (%s)", fd.Kind())
	case protoreflect.EnumKind:
		return listNames("", enumNames(fd.Enum()))
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return "a " + string(fd.Message().FullName())
	}
	return fmt.Sprintf("an integer (%s)", fd.Kind())
}

func enumNames(ed protoreflect.EnumDescriptor) (names []string) {
	for i := range ed.Values().Len() {
		names = append(names, string(ed.Values().Get(i).Name()))
	}
	return names
}
