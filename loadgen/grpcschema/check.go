package grpcschema

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A checker validates encoded messages of one type. It is immutable once built, and checking
// does not allocate.
type checker struct {
	low  [lowFields]*checkedField // by field number
	high map[protowire.Number]*checkedField
}

// lowFields is the first field number that needs a map lookup.
const lowFields = 32

// A checkedField holds the schema's rules for a field.
type checkedField struct {
	wire    protowire.Type
	packed  bool     // items may be packed
	text    bool     // must be UTF-8
	message *checker // of a message or group field, else nil
}

// Reasons why bytes do not match a schema.
const (
	notProtobuf = "truncated or invalid protobuf"
	otherType   = "not of the schema's type"
	notUTF8     = "not UTF-8"
	tooDeep     = "nested too deep"
)

// maxMessageDepth limits nesting, as in Google's C++ and Java libraries.
const maxMessageDepth = 100

// newChecker returns the checker of a type. known holds the checkers built so far, since types
// may be recursive.
func newChecker(md protoreflect.MessageDescriptor, known map[protoreflect.FullName]*checker) *checker {
	if c := known[md.FullName()]; c != nil {
		return c
	}
	c := &checker{high: map[protowire.Number]*checkedField{}}
	known[md.FullName()] = c
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		f := &checkedField{wire: wireType(fd.Kind()), text: fd.Kind() == protoreflect.StringKind && enforcesUTF8(fd)}
		f.packed = fd.IsList() && f.wire != protowire.BytesType && f.wire != protowire.StartGroupType
		if fd.Message() != nil {
			f.message = newChecker(fd.Message(), known)
		}
		if fd.Number() < lowFields {
			c.low[fd.Number()] = f
		} else {
			c.high[fd.Number()] = f
		}
	}
	return c
}

// enforcesUTF8 reports whether a string must be UTF-8, as in proto3.
func enforcesUTF8(fd protoreflect.FieldDescriptor) bool {
	if e, ok := fd.(interface{ EnforceUTF8() bool }); ok {
		return e.EnforceUTF8()
	}
	return fd.Syntax() == protoreflect.Proto3
}

// check returns why b is not a valid message and the number of the field at fault, or "".
// Unknown fields are skipped.
func (c *checker) check(b []byte, depth int) (field protowire.Number, why string) {
	if depth > maxMessageDepth {
		return 0, tooDeep
	}
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 || number > protowire.MaxValidNumber {
			return 0, notProtobuf
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(number, wire, b)
		if size < 0 {
			return number, notProtobuf
		}
		if f := c.field(number); f != nil {
			if inner, why := f.check(number, wire, b[:size], depth); why != "" {
				return inner, why
			}
		}
		b = b[size:]
	}
	return 0, ""
}

func (c *checker) field(number protowire.Number) *checkedField {
	if number < lowFields {
		return c.low[number]
	}
	return c.high[number]
}

func (f *checkedField) check(number protowire.Number, wire protowire.Type, raw []byte, depth int) (protowire.Number, string) {
	switch {
	case wire == protowire.BytesType && f.packed:
		b, _ := protowire.ConsumeBytes(raw)
		for len(b) > 0 {
			n := protowire.ConsumeFieldValue(number, f.wire, b)
			if n < 0 {
				return number, notProtobuf
			}
			b = b[n:]
		}
	case wire != f.wire:
		return number, otherType
	case f.message != nil:
		var b []byte
		if wire == protowire.StartGroupType {
			b, _ = protowire.ConsumeGroup(number, raw)
		} else {
			b, _ = protowire.ConsumeBytes(raw)
		}
		return f.message.check(b, depth+1)
	case f.text:
		if b, _ := protowire.ConsumeBytes(raw); !utf8.Valid(b) {
			return number, notUTF8
		}
	}
	return 0, ""
}

// Valid reports whether b is a valid message of type Output. A field with the wrong wire type
// makes it invalid, although most libraries skip such fields. Valid does not allocate and is
// safe for concurrent use.
func (m *Method) Valid(b []byte) bool {
	_, why := m.output.check(b, 0)
	return why == ""
}

// Kind returns the same number for messages with the same set of fields.
func (m *Method) Kind(b []byte) uint64 {
	kind := uint64(1)
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			break
		}
		size := protowire.ConsumeFieldValue(number, wire, b[n:])
		if size < 0 {
			break
		}
		kind |= 1 << (1 + uint64(number)%63)
		b = b[n+size:]
	}
	return kind
}
