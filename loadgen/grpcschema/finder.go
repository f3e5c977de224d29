package grpcschema

import (
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A finder is the Field of a path. It scans a reply's fields and keeps the selected value. As
// protobuf requires, the last of several values wins and pieces of a message are merged.
type finder struct {
	hops  []hop
	kind  protoreflect.Kind
	time  bool             // the value is a google.protobuf.Timestamp
	names map[int32][]byte // of an enum
	// implicit reports that a missing value is zero if its message is present.
	implicit bool

	seen           []int // items seen at each hop
	reached, found bool
	bits           uint64
	bytes          []byte // slice of the reply
	text           []byte // buffer for formatted values
}

func (f *finder) Find(reply []byte) ([]byte, bool) {
	f.reset(0)
	f.seen[0] = 0
	if !f.walk(reply, 0) {
		return nil, false
	}
	if f.found || f.reached && f.implicit {
		return f.format(), true
	}
	return nil, false
}

// reset drops the values found at a hop and below.
func (f *finder) reset(level int) {
	f.found = false
	f.bits, f.bytes = 0, nil
	if level < len(f.hops)-1 {
		f.reached = false
		clear(f.seen[level+1:])
	}
}

// walk scans a message's fields. It returns false if they are not protobuf.
func (f *finder) walk(b []byte, level int) bool {
	h := &f.hops[level]
	if level == len(f.hops)-1 {
		f.reached = true
	}
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, wire, b[n:])
		if size < 0 {
			return false
		}
		if number == h.number {
			if !f.visit(h, level, wire, b[n:n+size]) {
				return false
			}
		} else {
			for _, rival := range h.oneofSiblings {
				if number == rival {
					f.reset(level)
				}
			}
		}
		b = b[n+size:]
	}
	return true
}

// visit handles a field that is on the path.
func (f *finder) visit(h *hop, level int, wire protowire.Type, raw []byte) bool {
	switch {
	case h.mapped:
		return wire != protowire.BytesType || f.visitEntry(h, level, raw)
	case !h.list:
		return wire != h.wire || f.setValue(h, level, raw)
	case wire == h.wire:
		f.seen[level]++
		return f.seen[level] != h.index+1 || f.setValue(h, level, raw)
	case wire == protowire.BytesType:
		return f.packed(h, level, raw)
	}
	return true
}

// packed scans packed numbers.
func (f *finder) packed(h *hop, level int, raw []byte) bool {
	b, _ := protowire.ConsumeBytes(raw)
	for len(b) > 0 {
		n := protowire.ConsumeFieldValue(h.number, h.wire, b)
		if n < 0 {
			return false
		}
		if f.seen[level]++; f.seen[level] == h.index+1 {
			f.setValue(h, level, b[:n])
		}
		b = b[n:]
	}
	return true
}

// setValue stores the encoded value, or descends into it if it is a message on the path.
func (f *finder) setValue(h *hop, level int, raw []byte) bool {
	var b []byte
	switch h.wire {
	case protowire.BytesType:
		b, _ = protowire.ConsumeBytes(raw)
	case protowire.StartGroupType:
		b, _ = protowire.ConsumeGroup(h.number, raw)
	}
	if level < len(f.hops)-1 {
		return f.walk(b, level+1)
	}
	f.found, f.bytes, f.bits = true, b, bitsOf(h.wire, raw)
	return true
}

// bitsOf returns the bits of an encoded number, 0 if it is none.
func bitsOf(wire protowire.Type, raw []byte) (bits uint64) {
	switch wire {
	case protowire.VarintType:
		bits, _ = protowire.ConsumeVarint(raw)
	case protowire.Fixed32Type:
		n, _ := protowire.ConsumeFixed32(raw)
		bits = uint64(n)
	case protowire.Fixed64Type:
		bits, _ = protowire.ConsumeFixed64(raw)
	}
	return bits
}

// format formats the value as text.
func (f *finder) format() []byte {
	if f.time {
		return f.formatTime()
	}
	b := f.text[:0]
	switch f.kind {
	case protoreflect.StringKind, protoreflect.BytesKind:
		return f.bytes
	case protoreflect.BoolKind:
		b = strconv.AppendBool(b, f.bits != 0)
	case protoreflect.EnumKind:
		if name, ok := f.names[int32(f.bits)]; ok {
			return name
		}
		b = strconv.AppendInt(b, int64(int32(f.bits)), 10)
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind:
		b = strconv.AppendInt(b, int64(int32(f.bits)), 10)
	case protoreflect.Int64Kind, protoreflect.Sfixed64Kind:
		b = strconv.AppendInt(b, int64(f.bits), 10)
	case protoreflect.Sint32Kind:
		b = strconv.AppendInt(b, int64(int32(protowire.DecodeZigZag(f.bits&math.MaxUint32))), 10)
	case protoreflect.Sint64Kind:
		b = strconv.AppendInt(b, protowire.DecodeZigZag(f.bits), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		b = strconv.AppendUint(b, f.bits&math.MaxUint32, 10)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		b = strconv.AppendUint(b, f.bits, 10)
	case protoreflect.FloatKind:
		b = appendFloat(b, float64(math.Float32frombits(uint32(f.bits))), 32)
	case protoreflect.DoubleKind:
		b = appendFloat(b, math.Float64frombits(f.bits), 64)
	}
	f.text = b
	return b
}

// appendFloat appends a number as in JSON: without an exponent unless it is very small or large
// (ECMA-262, Number::toString).
func appendFloat(dst []byte, x float64, size int) []byte {
	format := byte('f')
	if abs := math.Abs(x); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, x, format, -1, size)
}

// formatTime formats a google.protobuf.Timestamp.
func (f *finder) formatTime() []byte {
	var parts [3]int64
	for b := f.bytes; len(b) > 0; {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			break
		}
		size := protowire.ConsumeFieldValue(number, wire, b[n:])
		if size < 0 {
			break
		}
		if wire == protowire.VarintType && number < 3 {
			value, _ := protowire.ConsumeVarint(b[n:])
			parts[number] = int64(value)
		}
		b = b[n+size:]
	}
	f.text = time.Unix(parts[1], parts[2]).UTC().AppendFormat(f.text[:0], time.RFC3339Nano)
	return f.text
}
