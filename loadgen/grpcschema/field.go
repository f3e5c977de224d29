package grpcschema

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/scenarios/template"
)

// A hop is one field on the way to a value, and which item or entry of it.
type hop struct {
	number        protowire.Number
	wire          protowire.Type // of a value of it
	oneofSiblings []protowire.Number
	// list and mapped say that it is repeated; index and key tell which value is meant.
	list, mapped bool
	index        int
	key          mapKey
}

// Field finds out the way to a value in the method's Output: names of fields in either
// form, [0] for the items of a repeated field, keys for the entries of a map. It returns
// what makes a Field for each goroutine. What those find is text: numbers are decimal, bool
// is true or false, an enum its value's name (its number, where it has none), bytes are as
// they came, a google.protobuf.Timestamp is RFC 3339 and a wrapper what it holds. A scalar
// that proto3 does not send since it is zero is found as zero, unless the message that it
// would be in is not there. The empty path leads to the whole reply.
func (m *Method) Field(path template.Path) (func() template.Field, error) { return m.field(path, true) }

// PresentField is Field, but does not find a field that the reply leaves out, although proto3
// may have left it out as zero.
func (m *Method) PresentField(path template.Path) (func() template.Field, error) {
	return m.field(path, false)
}

func (m *Method) field(path template.Path, zero bool) (func() template.Field, error) {
	steps := path.Parts()
	if len(steps) == 0 {
		return func() template.Field { return whole{} }, nil
	}
	var hops []hop
	md := m.Output
	var fd protoreflect.FieldDescriptor
	for len(steps) > 0 {
		if md == nil {
			return nil, fmt.Errorf("path %s: field %s is %s and has no fields", path, fd.Name(), fd.Kind())
		}
		var h hop
		var err error
		if h, fd, steps, err = next(steps, md); err != nil {
			return nil, fmt.Errorf("path %s: %w", path, err)
		}
		hops = append(hops, h)
		md = fd.Message()
	}
	if md != nil && wellKnown[md.FullName()] && md.Fields().Len() == 1 && md.Fields().Get(0).Name() == "value" {
		fd = md.Fields().Get(0)
		hops = append(hops, hop{number: 1, wire: wireType(fd.Kind())})
		md = nil
	}
	f := finder{hops: hops, kind: fd.Kind()}
	if md != nil {
		if f.time = md.FullName() == "google.protobuf.Timestamp"; !f.time {
			return nil, fmt.Errorf("path %s leads to a message %s, expected one of its fields: %s", path, md.FullName(), listNames("", fieldNames(md)))
		}
	}
	last := hops[len(hops)-1]
	f.implicit = zero && !last.list && !last.mapped && !fd.HasPresence()
	if fd.Enum() != nil {
		f.names = make(map[int32][]byte)
		for i := range fd.Enum().Values().Len() {
			value := fd.Enum().Values().Get(i)
			if n := int32(value.Number()); f.names[n] == nil {
				f.names[n] = []byte(value.Name())
			}
		}
	}
	return func() template.Field {
		own := f
		own.seen = make([]int, len(hops))
		return &own
	}, nil
}

// next makes a hop of the first steps, and returns those that are left.
func next(steps []template.Step, md protoreflect.MessageDescriptor) (hop, protoreflect.FieldDescriptor, []template.Step, error) {
	if steps[0].IsIndex {
		return hop{}, nil, nil, fmt.Errorf("[%d] stands where a field of %s is expected: %s", steps[0].Index, md.FullName(), listNames("", fieldNames(md)))
	}
	name := steps[0].Key
	fd := named(md, name)
	if fd == nil {
		return hop{}, nil, nil, fmt.Errorf("message %s has no field %q, it has %s", md.FullName(), name, listNames(name, fieldNames(md)))
	}
	steps = steps[1:]
	h := hop{number: fd.Number(), wire: wireType(fd.Kind())}
	if one := fd.ContainingOneof(); one != nil {
		for i := range one.Fields().Len() {
			if n := one.Fields().Get(i).Number(); n != fd.Number() {
				h.oneofSiblings = append(h.oneofSiblings, n)
			}
		}
	}
	switch {
	case fd.IsMap():
		if len(steps) == 0 || steps[0].IsIndex && fd.MapKey().Kind() == protoreflect.StringKind {
			return hop{}, nil, nil, fmt.Errorf(`field %s is a map, expected a key after it: %s["key"]`, name, name)
		}
		var err error
		if h.key, err = newMapKey(fd, steps[0]); err != nil {
			return hop{}, nil, nil, err
		}
		h.mapped, h.wire = true, wireType(fd.MapValue().Kind())
		return h, fd.MapValue(), steps[1:], nil
	case fd.IsList():
		if len(steps) == 0 || !steps[0].IsIndex {
			return hop{}, nil, nil, fmt.Errorf("field %s is repeated, expected an index after it: %s[0]", name, name)
		}
		h.list, h.index = true, steps[0].Index
		return h, fd, steps[1:], nil
	case len(steps) > 0 && steps[0].IsIndex:
		return hop{}, nil, nil, fmt.Errorf("field %s is not repeated, expected no [%d] after it", name, steps[0].Index)
	}
	return h, fd, steps, nil
}

// whole is the Field of the empty path.
type whole struct{}

func (whole) Find(reply []byte) ([]byte, bool) { return reply, true }
