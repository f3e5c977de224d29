package script

import (
	"context"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios/template"
)

// An echoStream returns each message.
type echoStream struct{ last []byte }

func (m *echoStream) Send(b []byte) error   { m.last = append(m.last[:0], b...); return nil }
func (m *echoStream) Recv() ([]byte, error) { return m.last, nil }
func (m *echoStream) CloseSend() error      { return nil }
func (m *echoStream) Close() error          { return nil }

func (m *echoStream) Open(context.Context, *driver.Endpoint) (*driver.Stream, error) {
	return &driver.Stream{Conn: m}, nil
}

func scripts(t testing.TB) map[string]*Script {
	numbered := []template.Format{compile(t, `{"jsonrpc":"2.0","id":{{.RequestNumber}},"method":"sum","params":[1,2,3],"at":{{.TimestampUnixNano}}}`)}
	return map[string]*Script{
		"plain":            {},
		"field":            {Messages: numbered, Match: MatchField, Field: path(t, "id")},
		"field and expect": {Messages: numbered, Match: MatchField, Field: path(t, "id"), Expect: &Condition{Field: path(t, "method"), Holds: func(b []byte) bool { return string(b) == "sum" }}},
		"order":            {Messages: numbered, Match: MatchOrder},
		"records":          {Messages: numbered, Match: MatchField, Field: path(t, "id"), Records: true, Ignore: []Condition{{Field: path(t, "method"), Holds: func(b []byte) bool { return string(b) == "ping" }}}},
		"header":           {Messages: []template.Format{compile(t, `{"h":"{{.Header}}","more":"text"}`)}, Match: MatchHeader, Field: path(t, "h")},
	}
}

// exchanger returns a function that sends a message and receives its reply.
func exchanger(t testing.TB, s *Script) func() {
	t.Helper()
	st, err := s.Wrap(new(echoStream), new(fakeObserver)).Open(context.Background(), &driver.Endpoint{Call: call})
	if err != nil {
		t.Fatal(err)
	}
	m, seq, now := proto.NewMessage(0, true), uint64(0), clock.Now() // byHeader doubts a header of another time
	return func() {
		if err := st.Send(m.Stamp(proto.Header{Seq: seq, Intended: now, Sent: now, Stream: 1})); err != nil {
			t.Fatal(err)
		}
		b, err := st.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if h, err := proto.ParseHeader(b, true); err != nil || h.Seq != seq {
			t.Fatalf("message %d came back as %d, %v", seq, h.Seq, err)
		}
		seq++
	}
}

func TestSessionDoesNotAllocate(t *testing.T) {
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
	st, err := s.Wrap(&echoStream{last: []byte(`{"n":5,"ts":1700000000123456789}`)}, new(fakeObserver)).Open(context.Background(), &driver.Endpoint{Call: c})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := st.Recv(); err != nil {
			t.Fatal(err)
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
