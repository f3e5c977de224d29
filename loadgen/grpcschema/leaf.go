package grpcschema

import (
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/scenarios/template"
)

// A leaf is a field whose value contains actions. It consists of a tag (empty for packed numbers and
// timestamps, whose length an enclosing node writes) and the value's text.
type leaf struct {
	tag   []byte
	kind  protoreflect.Kind // MessageKind is a google.protobuf.Timestamp
	names map[string]int32  // of an enum
	width int               // expected size of a string's length
	text  *template.Template
	// place and expected describe the field for messages to the user.
	place, expected string
}

func (l *leaf) append(dst []byte, v *template.Values) []byte {
	dst = append(dst, l.tag...)
	start := len(dst)
	if l.kind == protoreflect.StringKind || l.kind == protoreflect.BytesKind {
		dst = append(dst, zeros[:l.width]...)
		return setLength(l.text.Append(dst, v), start, l.width)
	}
	// The text is formatted in the place of the value, then parsed. Compile and Check have rejected
	// invalid text, except numbers that overflow their type: they wrap.
	dst = l.text.Append(dst, v)
	if l.kind == protoreflect.MessageKind {
		return appendTime(dst[:start], dst[start:])
	}
	bits, _ := parse(l.kind, l.names, dst[start:])
	return appendBits(dst[:start], l.kind, bits)
}

// check returns an error if captured values do not fit the field.
func (l *leaf) check(v *template.Values) error {
	if !l.text.UsesCaptured() {
		return nil
	}
	if text := l.text.Append(nil, v); !l.valid(text) {
		return fmt.Errorf("captured %.40q is not valid for %s; expected %s", text, l.place, l.expected)
	}
	return nil
}

// valid reports whether text is valid for the leaf.
func (l *leaf) valid(text []byte) (ok bool) {
	switch l.kind {
	case protoreflect.BytesKind:
		return true
	case protoreflect.StringKind:
		return utf8.Valid(text)
	case protoreflect.MessageKind:
		return new(time.Time).UnmarshalText(text) == nil
	}
	_, ok = parse(l.kind, l.names, text)
	return ok
}

// appendTime appends a google.protobuf.Timestamp, nothing if the text is invalid. The text may be in
// the place of the message.
func appendTime(dst, text []byte) []byte {
	var t time.Time
	if t.UnmarshalText(text) != nil {
		return dst
	}
	dst = protowire.AppendTag(dst, 1, protowire.VarintType)
	dst = protowire.AppendVarint(dst, uint64(t.Unix()))
	dst = protowire.AppendTag(dst, 2, protowire.VarintType)
	return protowire.AppendVarint(dst, uint64(t.Nanosecond()))
}

// appendBits appends a number in the encoding of its kind.
func appendBits(dst []byte, kind protoreflect.Kind, bits uint64) []byte {
	switch kind {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.AppendFixed32(dst, uint32(bits))
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.AppendFixed64(dst, bits)
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return protowire.AppendVarint(dst, protowire.EncodeZigZag(int64(bits)))
	}
	return protowire.AppendVarint(dst, bits)
}

// wireType returns the wire type of a kind.
func wireType(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	}
	return protowire.VarintType
}
