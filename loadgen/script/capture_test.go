package script

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/scenarios/template"
)

func compileCaptured(t testing.TB, text string) template.Format {
	t.Helper()
	f, err := template.Compile(text, template.Options{Captured: []string{"session", "chat"}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// capturing returns a script that captures from the reply to its greeting.
func capturing(t testing.TB, message string) *Script {
	t.Helper()
	return &Script{
		Captured: 2,
		Opening: []Step{
			{Do: "send", Format: compile(t, "hello")},
			{Do: "capture", Position: "a.yaml:2", Captures: []Capture{{Index: 0, Field: path(t, "reply.session"), Path: "reply.session", Secret: true}}},
			{Do: "capture", Position: "a.yaml:3", SameReply: true, Captures: []Capture{{Index: 1, Field: path(t, "reply.room"), Path: "reply.room"}}},
			{Do: "send", Format: compileCaptured(t, "join {{.chat}}")},
		},
		Closing:  []Step{{Do: "send", Format: compileCaptured(t, "leave {{.chat}} {{.session}}")}},
		Messages: []template.Format{compileCaptured(t, message)},
		Match:    MatchField, Field: path(t, "id"),
		Ignore: []Condition{{Holds: func(b []byte) bool { return bytes.Contains(b, []byte("ping")) }}},
	}
}

// A step takes values from the next reply that is not ignored; later steps and messages send them.
func TestCapture(t *testing.T) {
	t.Parallel()
	s := capturing(t, `{"id":{{.RequestNumber}},"session":"{{.session}}"}`).NewSession(call, Alone(1, 3), nil)
	p := newPipe()
	p.in <- `{"type":"ping"}`
	p.in <- `{"reply":{"session":"ab\"c","room":7}}`
	if err := s.Open(t.Context(), &driver.Stream{Conn: p}); err != nil {
		t.Fatal(err)
	}
	b, err := s.Encode(proto.Header{Seq: 2})
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != `{"id":7,"session":"ab\"c"}` {
		t.Errorf("sent %s", b)
	}
	if err := s.CloseSend(nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hello", "join 7", `leave 7 ab"c`} {
		if got := <-p.out; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	if got := s.Example([]byte(`{"session":"ab\"c"}`)); got != `{"session":"*****"}` {
		t.Errorf("shows %s", got)
	}
}

func TestCaptureThatFails(t *testing.T) {
	t.Parallel()
	good := `{"id":{{.RequestNumber}},"session":"{{.session}}"}`
	for _, c := range []struct{ name, message, reply, text, class string }{
		{"no value", good, `{"reply":{"room":1}}`, `a.yaml:2: step capture: expected a value at reply.session: no value, found {"reply":{"room":1}}`, "step capture: no value"},
		{"null", good, `{"reply":{"session":null}}`, "expected a value at reply.session: null", "step capture: no value"},
		{"not JSON", good, "hello", "expected a value at reply.session: no value, found hello", "step capture: no value"},
		{"the second", good, `{"reply":{"session":"abcd"}}`, `a.yaml:3: step capture: expected a value at reply.room: no value, found {"reply":{"session":"****"}}`, "step capture: no value"},
		{"text as a number", `{"id":{{.RequestNumber}},"session":{{.session}}}`, `{"reply":{"session":"abc","room":1}}`, "a.yaml:3: step capture: the message is not JSON with the captured values; expected quotes around {{.session}}", "step capture: captured value does not fit"},
		{"the server ends", good, "", "a.yaml:2: step capture: EOF", "step capture: connection closed by the server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPipe()
			if p.in <- c.reply; c.reply == "" {
				p = newPipe()
				close(p.in)
			}
			err := capturing(t, c.message).NewSession(call, Alone(1, 3), nil).Open(context.Background(), &driver.Stream{Conn: p})
			if err == nil || !strings.Contains(err.Error(), c.text) || driver.Class(err) != c.class {
				t.Errorf("%v (%s), want %s (%s)", err, driver.Class(err), c.text, c.class)
			}
		})
	}
}

func TestCapturedValuesDoNotAllocate(t *testing.T) {
	s := capturing(t, `{"id":{{.RequestNumber}},"session":"{{.session}}","room":{{.chat}}}`).NewSession(call, Alone(1, 3), nil)
	p := newPipe()
	p.in <- `{"reply":{"session":"abc","room":7}}`
	if err := s.Open(t.Context(), &driver.Stream{Conn: p}); err != nil {
		t.Fatal(err)
	}
	seq := uint64(0)
	exchange := func() {
		b, _ := s.Encode(proto.Header{Seq: seq})
		if h, _, _ := s.Decode(b, 1); h.Seq != seq {
			t.Fatalf("message %d came back as %d", seq, h.Seq)
		}
		seq++
	}
	for range 100 {
		exchange()
	}
	if n := testing.AllocsPerRun(1000, exchange); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

// A value of the response that opened the stream is captured without a message.
func TestCaptureOfAHeader(t *testing.T) {
	t.Parallel()
	s := &Script{
		Captured: 2, Messages: []template.Format{compileCaptured(t, `{"id":{{.RequestNumber}},"s":"{{.session}}"}`)}, Match: MatchField, Field: path(t, "id"),
		Opening: []Step{{Do: "capture", Position: "a.yaml:2", Captures: []Capture{{Header: "X-Session"}}}},
	}
	header := map[string]string{"X-Session": "a7"}
	st := &driver.Stream{Conn: newPipe(), Header: func(name string) (string, bool, error) {
		v, ok := header[name]
		return v, ok, nil
	}}
	session := s.NewSession(call, Alone(1, 3), nil)
	if err := session.Open(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	if b, _ := session.Encode(proto.Header{}); string(b) != `{"id":1,"s":"a7"}` {
		t.Errorf("sent %s", b)
	}
	delete(header, "X-Session")
	err := s.NewSession(call, Alone(1, 3), nil).Open(t.Context(), st)
	if err == nil || err.Error() != "a.yaml:2: step capture: expected header X-Session in the response: no value" || driver.Class(err) != "step capture: no value" {
		t.Errorf("without the header: %v", err)
	}
}

// A condition with a captured value holds for no message before the capture, and compares without
// allocating after it.
func TestConditionWithACapturedValue(t *testing.T) {
	captured := compileCaptured(t, "{{.session}}")
	isSession := Condition{Field: path(t, "s"), On: func(v *template.Values) func([]byte) bool {
		if !captured.(*template.Template).Filled(v) {
			return nil
		}
		want := captured.Append(nil, v)
		return func(b []byte) bool { return bytes.Equal(b, want) }
	}}
	s := (&Script{
		Captured: 2, Match: MatchOrder, Messages: []template.Format{compile(t, "x")}, Ignore: []Condition{isSession},
		Opening: []Step{{Do: "capture", Captures: []Capture{{Field: path(t, "s")}}}},
	}).NewSession(call, Alone(1, 3), nil)
	p := newPipe()
	p.in <- `{"s":"a7"}`
	if s.ignored([]byte(`{"s":"a7"}`)) || s.ignored([]byte(`{"s":""}`)) {
		t.Error("a message is ignored before the value is captured")
	}
	if err := s.Open(t.Context(), &driver.Stream{Conn: p}); err != nil {
		t.Fatal(err)
	}
	same, other := []byte(`{"s":"a7"}`), []byte(`{"s":"a8"}`)
	if n := testing.AllocsPerRun(100, func() {
		if !s.ignored(same) || s.ignored(other) {
			t.Fatal("not told apart by the captured value")
		}
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}
