package grpcschema

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// parse parses a number, bool or enum value and returns the bits to encode. If an integer
// overflows its kind, it wraps and ok is false.
func parse(kind protoreflect.Kind, names map[string]int32, text []byte) (bits uint64, ok bool) {
	switch kind {
	case protoreflect.BoolKind:
		return parseBool(text)
	case protoreflect.FloatKind:
		f, err := strconv.ParseFloat(string(text), 32)
		return uint64(math.Float32bits(float32(f))), err == nil
	case protoreflect.DoubleKind:
		f, err := strconv.ParseFloat(string(text), 64)
		return math.Float64bits(f), err == nil
	case protoreflect.EnumKind:
		if n, ok := names[string(text)]; ok {
			return uint64(int64(n)), true
		}
		return parseInt(text, 32)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return parseInt(text, 32)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return parseInt(text, 64)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		n, ok := parseUint(text)
		return n & math.MaxUint32, ok && n <= math.MaxUint32
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return parseUint(text)
	}
	return 0, false
}

func parseBool(text []byte) (uint64, bool) {
	switch string(text) {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	return 0, false
}

// parseInt parses a signed integer of 32 or 64 bits.
func parseInt(text []byte, size uint) (uint64, bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	n, ok := parseUint(text)
	most := uint64(1)<<(size-1) - 1
	if negative {
		n = -n
		ok = ok && -n <= most+1
	} else {
		ok = ok && n <= most
	}
	if size == 32 {
		n = uint64(int64(int32(n)))
	}
	return n, ok
}

func parseUint(text []byte) (n uint64, ok bool) {
	if len(text) == 0 {
		return 0, false
	}
	ok = true
	for _, c := range text {
		d := uint64(c - '0')
		if d > 9 {
			return 0, false
		}
		if n > (math.MaxUint64-d)/10 {
			ok = false
		}
		n = n*10 + d
	}
	return n, ok
}
