package grpcschema

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/scenarios/template"
)

// A hop is one field on the path to a value, and the item or entry to follow.
type hop struct {
	number        protowire.Number
	wire          protowire.Type // of a single value
	oneofSiblings []protowire.Number
	// list and mapped mark repeated and map fields; index and key select the value.
	list, mapped bool
	index        int
	key          mapKey
}

// Field resolves a path in Output: field names in JSON or .proto form, [0] for the items of a
// repeated field, and the keys of a map. It returns a function that creates a Field for each
// goroutine. Fields return text: decimal numbers, true or false, the names of enum values (or
// numbers if unnamed), raw bytes, RFC 3339 for google.protobuf.Timestamp, and the value of a
// wrapper. A scalar without presence that is not sent is found as zero if its message is
// present. The empty path selects the whole reply.
func (m *Method) Field(path template.Path) (func() template.Field, error) { return m.field(path, true) }

// PresentField is like Field but does not find fields missing from the reply, even if proto3
// omitted them because they are zero.
func (m *Method) PresentField(path template.Path) (func() template.Field, error) {
	return m.field(path, false)
}

func (m *Method) field(path template.Path, zero bool) (func() template.Field, error) {
	steps := path.Parts()
	if len(steps) == 0 {
		return whole, nil
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
			return nil, fmt.Errorf("path %s selects message %s; expected one of its fields: %s", path, md.FullName(), listNames("", fieldNames(md)))
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
		c := f
		c.seen = make([]int, len(hops))
		return &c
	}, nil
}

// next converts the first steps to a hop and returns the remaining steps.
func next(steps []template.Step, md protoreflect.MessageDescriptor) (hop, protoreflect.FieldDescriptor, []template.Step, error) {
	if steps[0].IsIndex {
		return hop{}, nil, nil, fmt.Errorf("found index [%d]; expected a field of %s: %s", steps[0].Index, md.FullName(), listNames("", fieldNames(md)))
	}
	name := steps[0].Key
	fd := named(md, name)
	if fd == nil {
		return hop{}, nil, nil, fmt.Errorf("message %s has no field %q; expected one of %s", md.FullName(), name, listNames(name, fieldNames(md)))
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
			return hop{}, nil, nil, fmt.Errorf(`field %s is a map; expected a key after it: %s["key"]`, name, name)
		}
		var err error
		if h.key, err = newMapKey(fd, steps[0]); err != nil {
			return hop{}, nil, nil, err
		}
		h.mapped, h.wire = true, wireType(fd.MapValue().Kind())
		return h, fd.MapValue(), steps[1:], nil
	case fd.IsList():
		if len(steps) == 0 || !steps[0].IsIndex {
			return hop{}, nil, nil, fmt.Errorf("field %s is repeated; expected an index after it: %s[0]", name, name)
		}
		h.list, h.index = true, steps[0].Index
		return h, fd, steps[1:], nil
	case len(steps) > 0 && steps[0].IsIndex:
		return hop{}, nil, nil, fmt.Errorf("field %s is not repeated; expected no [%d] after it", name, steps[0].Index)
	}
	return h, fd, steps, nil
}

// whole is the Field of the empty path.
func whole() template.Field {
	return findFunc(func(reply []byte) ([]byte, bool) { return reply, true })
}
