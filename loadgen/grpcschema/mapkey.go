package grpcschema

import (
	"bytes"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"rtbench/scenarios/template"
)

// A mapKey is the key of a map entry: text, or the encoded bits of a number or bool.
type mapKey struct {
	wire protowire.Type
	text []byte
	bits uint64
}

// newMapKey parses the path step that selects a map entry.
func newMapKey(fd protoreflect.FieldDescriptor, step template.Step) (mapKey, error) {
	kind := fd.MapKey().Kind()
	name := step.Key
	if step.IsIndex {
		name = strconv.Itoa(step.Index)
	}
	k := mapKey{wire: wireType(kind), text: []byte(name)}
	if kind == protoreflect.StringKind {
		return k, nil
	}
	bits, ok := parse(kind, nil, k.text)
	if !ok {
		return k, fmt.Errorf("%q is not a valid key of field %s; expected %s", name, fd.Name(), expectedOf(fd.MapKey()))
	}
	k.bits = bitsOf(k.wire, appendBits(nil, kind, bits))
	return k, nil
}

// is reports whether an encoded key is this one. A nil key was not sent and is zero.
func (k *mapKey) is(raw []byte) bool {
	if k.wire == protowire.BytesType {
		b, _ := protowire.ConsumeBytes(raw)
		return bytes.Equal(b, k.text)
	}
	return bitsOf(k.wire, raw) == k.bits || raw == nil && k.bits == 0
}

// visitEntry scans a map entry and uses its value if the key matches.
func (f *finder) visitEntry(h *hop, level int, raw []byte) bool {
	b, _ := protowire.ConsumeBytes(raw)
	var key, value []byte
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, wire, b[n:])
		if size < 0 {
			return false
		}
		switch {
		case number == 1 && wire == h.key.wire:
			key = b[n : n+size]
		case number == 2 && wire == h.wire:
			value = b[n : n+size]
		}
		b = b[n+size:]
	}
	if !h.key.is(key) {
		return true
	}
	// A later entry replaces an earlier one with the same key.
	f.reset(level)
	if value == nil {
		value = zeroValue(h.wire)
	}
	return f.setValue(h, level, value)
}

// zeroValue returns the encoding of an entry's missing value, zero.
func zeroValue(wire protowire.Type) []byte {
	if wire == protowire.Fixed32Type || wire == protowire.Fixed64Type {
		return zeros[:8]
	}
	return zeros[:1]
}
