package grpcschema_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"rtbench/scenarios/template"
)

const costly = `{"an_int64": {{.RequestNumber}}, "a_string": "hello {{.Seq}} {{randomString 20}}", "at": "{{.Timestamp}}",
	"nested": {"part": {"name": "{{.UUID}}", "weight": 3}, "numbers": [1, 2, {{.Seq}}], "a_double": {{.TimestampUnix}}},
	"labels": {"a": "b", "k": "{{.Header}}"}, "a_color": "RED", "structure": {"x": {{.Seq}} } }`

// Neither messages nor replies allocate.
func TestCostsNoAllocation(t *testing.T) {
	m := rich(t, "Ask")
	f, err := m.Compile(costly, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := values(1)
	b := f.Append(nil, v)
	if n := testing.AllocsPerRun(1000, func() { v.Number++; b = f.Append(b[:0], v) }); n > 0 {
		t.Errorf("Append: %v allocations a message", n)
	}
	for _, text := range []string{"", "an_int64", "a_string", "nested.part.name", "nested.numbers[2]", "nested.a_double", `labels.k`, "a_color", "at", "a_bytes"} {
		find := field(t, m, text)
		find.Find(b)
		if n := testing.AllocsPerRun(1000, func() {
			if _, ok := find.Find(b); !ok {
				t.Fatalf("%s is not found", text)
			}
		}); n > 0 {
			t.Errorf("Find %s: %v allocations a reply", text, n)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	m := rich(b, "Ask")
	for _, c := range []struct{ name, text string }{
		{"static", `{"an_int64": 12345, "a_string": "hello hello hello hello hello hello hello hello hello hello"}`},
		{"number", `{"an_int64": {{.RequestNumber}}, "a_string": "hello hello hello hello hello hello hello hello hello hello"}`},
		{"rich", costly},
	} {
		b.Run(c.name, func(b *testing.B) {
			f, err := m.Compile(c.text, template.Options{})
			if err != nil {
				b.Fatal(err)
			}
			v := values(1)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				v.Number++
				dst = f.Append(dst[:0], v)
			}
		})
	}
	// For comparison: protojson with a dynamic message.
	b.Run("library", func(b *testing.B) {
		text := []byte(`{"an_int64": 12345, "a_string": "hello hello hello hello hello hello hello hello hello hello"}`)
		b.ReportAllocs()
		for b.Loop() {
			d := dynamicpb.NewMessage(m.Input)
			if err := protojson.Unmarshal(text, d); err != nil {
				b.Fatal(err)
			}
			if _, err := proto.Marshal(d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	m := rich(b, "Ask")
	f, err := m.Compile(costly, template.Options{})
	if err != nil {
		b.Fatal(err)
	}
	reply := f.Append(nil, values(1))
	for _, text := range []string{"an_int64", "nested.part.name", "labels.k"} {
		b.Run(text, func(b *testing.B) {
			find := field(b, m, text)
			b.ReportAllocs()
			for b.Loop() {
				find.Find(reply)
			}
		})
	}
}
