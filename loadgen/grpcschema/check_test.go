package grpcschema_test

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// tagged returns a field's wire format.
func tagged(number protowire.Number, wire protowire.Type, value string) []byte {
	return append(protowire.AppendTag(nil, number, wire), value...)
}

func TestValid(t *testing.T) {
	m := rich(t, "Say")
	fields := m.Output.Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		other, value := protowire.Fixed32Type, "1234" // for floats only
		if k := fd.Kind(); k == protoreflect.FloatKind || k == protoreflect.Fixed32Kind || k == protoreflect.Sfixed32Kind {
			other, value = protowire.Fixed64Type, "12345678"
		}
		if b := tagged(fd.Number(), other, value); m.Valid(b) {
			t.Errorf("%s of wire type %d is valid", fd.Name(), other)
		} else if got := m.JSON(b); !strings.Contains(got, "not of the schema's type") {
			t.Errorf("%s: shown as %s", fd.Name(), got)
		}
	}
	if b := tagged(900, protowire.BytesType, "\x01x"); !m.Valid(b) || !m.Valid(nil) {
		t.Error("an unknown field, or none at all, is not valid")
	}
	for _, b := range [][]byte{{0x80}, {0x0a, 5, 'a'}, {0}, {0x0c}, bytes.Repeat([]byte{0xff}, 11)} {
		if m.Valid(b) {
			t.Errorf("%x is valid", b)
		}
	}
}

func TestValidCostsNoAllocation(t *testing.T) {
	m := rich(t, "Say")
	b := append(encode(t, m, `{"anInt32": 1, "at": "2026-01-02T03:04:05Z"}`), tagged(900, protowire.BytesType, "\x01x")...)
	if !m.Valid(b) {
		t.Fatalf("%x is not valid", b)
	}
	if n := testing.AllocsPerRun(100, func() { m.Valid(b); m.Kind(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Go's protobuf library decodes every valid message, and no input makes Valid or Kind panic.
func FuzzValid(f *testing.F) {
	m := rich(f, "Say")
	f.Add([]byte{0x0a, 1, 'a'})
	f.Add([]byte{0x08, 1, 0x10, 2, 0x1a, 0})
	f.Add([]byte("\xc9\xc9\xa8\xa8000000000")) // a field number beyond the maximum
	f.Fuzz(func(t *testing.T, b []byte) {
		valid := m.Valid(b)
		m.Kind(b)
		err := proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(b, dynamicpb.NewMessage(m.Output))
		if valid && err != nil {
			t.Errorf("%x is valid, and not decoded: %v", b, err)
		}
	})
}

func BenchmarkValid(b *testing.B) {
	m := rich(b, "Say")
	p := encode(b, m, `{"anInt32": 1, "at": "2026-01-02T03:04:05Z"}`)
	b.ReportAllocs()
	for b.Loop() {
		m.Valid(p)
	}
}
