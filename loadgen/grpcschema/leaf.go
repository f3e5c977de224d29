package grpcschema

import (
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/scenarios/template"
)

// A piece is text, or an action if it is not nil.
type piece struct {
	text   []byte
	action *template.Action
}

func appendPieces(dst []byte, pieces []piece, v *template.Values) []byte {
	for i := range pieces {
		if p := &pieces[i]; p.action != nil {
			dst = p.action.Append(dst, v)
		} else {
			dst = append(dst, p.text...)
		}
	}
	return dst
}

// A leaf is a field whose value contains actions. It consists of a tag (empty for packed
// numbers) and the pieces of the value's text.
type leaf struct {
	tag    []byte
	kind   protoreflect.Kind
	names  map[string]int32 // of an enum
	width  int              // expected size of a string's length
	pieces []piece
}

func (l *leaf) append(dst []byte, v *template.Values) []byte {
	dst = append(dst, l.tag...)
	start := len(dst)
	if l.kind == protoreflect.StringKind || l.kind == protoreflect.BytesKind {
		dst = append(dst, zeros[:l.width]...)
		return setLength(appendPieces(dst, l.pieces, v), start, l.width)
	}
	// The text is formatted in the place of the value, then parsed. Compile has rejected
	// invalid text, except numbers that overflow their type: they wrap.
	dst = appendPieces(dst, l.pieces, v)
	bits, _ := parse(l.kind, l.names, dst[start:])
	return appendBits(dst[:start], l.kind, bits)
}

// accepts reports whether the leaf's text for a message is a valid value.
func (l *leaf) accepts(scratch []byte, v *template.Values) (text []byte, ok bool) {
	text = appendPieces(scratch[:0], l.pieces, v)
	switch l.kind {
	case protoreflect.BytesKind:
		return text, true
	case protoreflect.StringKind:
		return text, utf8.Valid(text)
	}
	_, ok = parse(l.kind, l.names, text)
	return text, ok
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

// A timestampNode is a google.protobuf.Timestamp whose text (RFC 3339) contains actions. The
// enclosing node writes its tag and length.
type timestampNode struct{ pieces []piece }

func (m *timestampNode) append(dst []byte, v *template.Values) []byte {
	start := len(dst)
	dst = appendPieces(dst, m.pieces, v)
	var t time.Time
	if t.UnmarshalText(dst[start:]) != nil {
		return dst[:start]
	}
	dst = protowire.AppendTag(dst[:start], 1, protowire.VarintType)
	dst = protowire.AppendVarint(dst, uint64(t.Unix()))
	dst = protowire.AppendTag(dst, 2, protowire.VarintType)
	return protowire.AppendVarint(dst, uint64(t.Nanosecond()))
}

func (m *timestampNode) accepts(scratch []byte, v *template.Values) (text []byte, ok bool) {
	text = appendPieces(scratch[:0], m.pieces, v)
	var t time.Time
	return text, t.UnmarshalText(text) == nil
}
