package script

import (
	"testing"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

func scripts(t testing.TB) map[string]*Script {
	numbered := []template.Format{compile(t, `{"jsonrpc":"2.0","id":{{.RequestNumber}},"method":"sum","params":[1,2,3],"at":{{.TimestampUnixNano}}}`)}
	return map[string]*Script{
		"plain":            {},
		"field":            {Messages: numbered, Match: MatchField, Field: path(t, "id")},
		"field and expect": {Messages: numbered, Match: MatchField, Field: path(t, "id"), Expect: &Condition{Field: path(t, "method"), Holds: func(b []byte) bool { return string(b) == "sum" }}},
		"order":            {Messages: numbered, Match: MatchOrder},
		"records":          {Messages: numbered, Match: MatchField, Field: path(t, "id"), Records: true, Ignore: []Condition{{Field: path(t, "method"), Holds: func(b []byte) bool { return string(b) == "ping" }}}},
		"after, with ends": {Messages: []template.Format{compile(t, "43{{.RequestNumber}}[]\x00")}, Match: MatchField, Field: after(t, "^43"), Records: true, RecordEnd: []byte{0}},
		"header":           {Messages: []template.Format{compile(t, `{"h":"{{.Header}}","more":"text"}`)}, Match: MatchHeader, Field: path(t, "h")},
	}
}

func after(t testing.TB, re string) func() template.Field {
	f, err := template.After(re)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// exchanger returns a function that encodes a message and decodes its echo.
func exchanger(t testing.TB, s *Script) func() {
	t.Helper()
	session := newFakeSession(t, s, call)
	seq, now := uint64(0), clock.Now() // byHeader doubts a header of another time
	return func() {
		b, _ := session.Encode(proto.Header{Seq: seq, Intended: now, Sent: now, Stream: 1})
		if h, o, more := session.Decode(b, now); h.Seq != seq || o != codec.Intact || more {
			t.Fatalf("message %d came back as %d, %v", seq, h.Seq, o)
		}
		seq++
	}
}

func TestSessionDoesNotAllocate(t *testing.T) {
	if testrun.Raced {
		t.Skip("a sync.Pool keeps little under the race detector")
	}
	for name, s := range scripts(t) {
		exchange := exchanger(t, s)
		for range 100 {
			exchange()
		}
		if n := testing.AllocsPerRun(1000, exchange); n != 0 {
			t.Errorf("%s: %v allocations a message", name, n)
		}
	}
}

// Pushed messages do not allocate either.
func TestPushesDoNotAllocate(t *testing.T) {
	s := &Script{Match: MatchNone, Field: path(t, "n"), Stamp: Stamp{Field: path(t, "ts"), Unit: 1, Text: "ts"}}
	c := call
	c.Pattern = proto.Push
	session := newFakeSession(t, s, c)
	pushed := []byte(`{"n":5,"ts":1700000000123456789}`)
	if n := testing.AllocsPerRun(1000, func() {
		if _, o, _ := session.Decode(pushed, clock.Now()); o != codec.Intact {
			t.Fatal(o)
		}
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func BenchmarkSession(b *testing.B) {
	for name, s := range scripts(b) {
		b.Run(name, func(b *testing.B) {
			exchange := exchanger(b, s)
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}
