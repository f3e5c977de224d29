package script

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// A matching lists replies and the expected matches.
type matching struct {
	name      string
	script    Script
	replies   []string
	seqs      []uint64
	intended  []int64 // 0: not measured
	unmatched int
	classes   []string
}

// numbered returns a reply to message seq of a stream of three.
func numbered(seq, share uint64) string { return fmt.Sprintf(`{"id":%d}`, 3*seq+share) }

func matchings(t *testing.T) []matching {
	byField := Script{Messages: []template.Format{compile(t, `{"id":{{.RequestNumber}}}`)}, Match: MatchField, Field: path(t, "id")}
	byOrder := Script{Messages: []template.Format{compile(t, "hello")}, Match: MatchOrder}
	expecting := func(s Script, text string) Script {
		s.Expect = contains(text)
		return s
	}
	ignoring := byOrder
	ignoring.Ignore = []Condition{*contains("pong"), *contains("ping")}
	inRecords := byField
	inRecords.Records = true
	schema := byField
	schema.InvalidClass, schema.Valid = "no such message", func(b []byte) bool { return !strings.HasPrefix(string(b), "bad") }
	ok := func(seq uint64) string { return fmt.Sprintf(`{"id":%d,"is":"ok"}`, 3*seq+1) }
	whole := func(seq uint64) []byte {
		return proto.NewMessage(0, true).Stamp(proto.Header{Seq: seq, Intended: 1000 + int64(seq), Sent: 1, Stream: 1})
	}
	inField := Script{Messages: []template.Format{compile(t, `{"h":"{{.Header}}"}`)}, Match: MatchHeader, Field: path(t, "h")}
	header := func(seq uint64, share uint32) string {
		return fmt.Sprintf(`{"h":%q}`, proto.NewMessage(0, true).Stamp(proto.Header{Seq: seq, Intended: 1000 + int64(seq), Stream: share}))
	}
	return []matching{
		{"field: in order", byField, []string{numbered(0, 1), numbered(1, 1), numbered(2, 1)}, []uint64{0, 1, 2}, []int64{1000, 1001, 1002}, 0, nil},
		{"field: out of order", byField, []string{numbered(2, 1), numbered(0, 1), numbered(1, 1)}, []uint64{2, 0, 1}, []int64{1002, 1000, 1001}, 0, nil},
		{"field: twice", byField, []string{numbered(0, 1), numbered(0, 1)}, []uint64{0, 0}, []int64{1000, 0}, 0, nil},
		{"field: never sent", byField, []string{numbered(3, 1), numbered(1<<40, 1), `{"id":18446744073709551615}`}, nil, nil, 3, nil},
		{"field: of other streams", byField, []string{numbered(0, 0), numbered(1, 2), numbered(1, 1)}, []uint64{1}, []int64{1001}, 2, nil},
		{"field: no number", byField, []string{`{"id":null}`, `{}`, "", "rubbish", `{"id":-4}`, `{"id":4.5}`}, nil, nil, 6, nil},
		{"order", byOrder, []string{"a", "b"}, []uint64{0, 1}, []int64{1000, 1001}, 0, nil},
		{"order: one too many", byOrder, []string{"a", "b", "c", "d"}, []uint64{0, 1, 2}, []int64{1000, 1001, 1002}, 1, nil},
		{"header in a field", inField, []string{header(1, 1), header(0, 1)}, []uint64{1, 0}, []int64{1001, 1000}, 0, nil},
		{"header in a field: others'", inField, []string{header(0, 0), header(0, 2), header(2, 1), `{}`}, []uint64{2}, []int64{1002}, 3, nil},
		{"order: ignored", ignoring, []string{"ping 1", "a", "ping 2", "b"}, []uint64{0, 1}, []int64{1000, 1001}, 2, nil},
		{"expect, field", expecting(byField, "ok"), []string{"ping", ok(1), numbered(0, 1), numbered(0, 2), "ping"}, []uint64{1, 0}, []int64{1001, 0}, 3, []string{"not as expected"}},
		{"expect, order", expecting(byOrder, "id"), []string{"id", "no", "id"}, []uint64{0, 1, 2}, []int64{1000, 0, 1002}, 0, []string{"not as expected"}},
		{"expect, header", expecting(inField, "wanted"), []string{header(1, 1), header(1, 2), "no"}, []uint64{1}, []int64{0}, 2, []string{"not as expected"}},
		{"header: a greeting", Script{}, []string{"hello", string(whole(1)), "", strings.Repeat("A", 43)}, []uint64{1}, []int64{1001}, 3, nil},
		{"records", inRecords, []string{numbered(2, 1) + "\x1e" + `{"type":6}` + "\x1e" + numbered(0, 1) + "\x1e", numbered(1, 1) + "\x1e"}, []uint64{2, 0, 1}, []int64{1002, 1000, 1001}, 1, nil},
		{"schema", schema, []string{"bad " + numbered(0, 1), "bad", numbered(1, 1)}, []uint64{0, 1}, []int64{0, 1001}, 0, []string{"no such message", "no such message"}},
	}
}

// Three messages are sent, then the replies arrive.
func TestReplies(t *testing.T) {
	for _, m := range matchings(t) {
		t.Run(m.name, func(t *testing.T) {
			s := newFakeSession(t, &m.script, call)
			for seq := range uint64(3) {
				if err := s.send(seq); err != nil {
					t.Fatal(err)
				}
			}
			seqs, intended := s.receive(m.replies...)
			if !reflect.DeepEqual(seqs, m.seqs) || !reflect.DeepEqual(intended, m.intended) {
				t.Errorf("they answer %v, due at %v, want %v, %v", seqs, intended, m.seqs, m.intended)
			}
			if s.unmatched != m.unmatched || !reflect.DeepEqual(s.classes, m.classes) {
				t.Errorf("unmatched %d, unexpected %q, want %d, %q", s.unmatched, s.classes, m.unmatched, m.classes)
			}
			if len(m.classes) > 0 && (len(s.examples) != len(m.classes) || !strings.Contains(s.examples[0], "found ")) {
				t.Errorf("examples %q, want each with what came", s.examples)
			}
		})
	}
}

// A pushed message that the schema cannot decode fails. Without its number it stands for no
// message: neither message 0, nor a duplicate of it.
func TestInvalidPush(t *testing.T) {
	script := Script{
		Match: MatchField, Field: path(t, "n"),
		InvalidClass: "no such message", Valid: func(b []byte) bool { return !strings.HasPrefix(string(b), "bad") },
	}
	c := call
	c.Pattern = proto.Push
	s := newFakeSession(t, &script, c)
	seqs, intended := s.receive(`{"n":5}`, "bad", `bad {"n":6}`, `{"n":7}`)
	if want := []uint64{0, 1, 2}; !reflect.DeepEqual(seqs, want) {
		t.Errorf("messages %v, due at %v; want %v", seqs, intended, want)
	}
	if want := []string{"no such message", "no such message"}; !reflect.DeepEqual(s.classes, want) || s.unmatched != 0 {
		t.Errorf("unexpected %q, unmatched %d; want %q, 0", s.classes, s.unmatched, want)
	}
}

// A message that was not sent has no reply, so the next reply belongs to the next message.
func TestOrderAfterAFailedSend(t *testing.T) {
	s := newFakeSession(t, &Script{Messages: []template.Format{compile(t, "hello")}, Match: MatchOrder}, call)
	for seq := range uint64(4) {
		if seq == 1 {
			s.pipe.fail = driver.ErrMessageFailed
		}
		if err := s.send(seq); (seq == 1) != errors.Is(err, driver.ErrMessageFailed) {
			t.Fatalf("message %d: %v", seq, err)
		}
	}
	seqs, intended := s.receive("a", "b", "c")
	if !reflect.DeepEqual(seqs, []uint64{0, 2, 3}) || !reflect.DeepEqual(intended, []int64{1000, 1002, 1003}) {
		t.Errorf("replies to %v, due at %v", seqs, intended)
	}
}

// Messages are sent in turn, numbered across all streams.
func TestMessagesInTurn(t *testing.T) {
	s := newFakeSession(t, &Script{Match: MatchOrder, Messages: []template.Format{compile(t, "a {{.RequestNumber}}"), compile(t, "b {{.Seq}} {{.Stream}}")}}, call)
	for seq := range uint64(4) {
		if err := s.send(seq); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"a 1", "b 1 1", "a 7", "b 3 1"} {
		if got := <-s.pipe.out; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
}

// A secret is masked even if the message is truncated in the middle of it.
func TestExamplesMaskSecrets(t *testing.T) {
	hide := func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "sesame", "*")) }
	s := newFakeSession(t, &Script{Match: MatchOrder, Expect: contains("never"), Mask: hide}, call)
	if err := s.send(0); err != nil {
		t.Fatal(err)
	}
	s.receive(strings.Repeat("x", maxExample-3) + "sesame")
	if got := s.examples[0]; strings.Contains(got, "ses") {
		t.Errorf("shown %q", got)
	}
}

// Sessions of generators with different clocks read the times in each other's headers, and each its own times
// elsewhere.
func TestClockShift(t *testing.T) {
	t.Parallel()
	s := &Script{Messages: []template.Format{compile(t, `{"h":"{{.Header}}","at":{{.TimestampUnixNano}}}`)}, Match: MatchHeader, Field: path(t, "h")}
	on := func(shift int64) *Session {
		x := s.NewSession(call, Place{Stream: 1, Of: 3, Senders: Senders{0, 3, 1}, ClockShift: shift}, nil)
		x.SetMessage(proto.NewMessage(0, true))
		x.wallOffset = 0
		return x
	}
	const now, later = int64(5e12), int64(7e12) // the same moment on two clocks
	b, err := on(100e12 - now).Encode(proto.Header{Seq: 4, Intended: now, Sent: now + 1, Stream: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`"at":%d`, now+1); !strings.Contains(string(b), want) {
		t.Errorf("%s has no %s", b, want)
	}
	h, o, _ := on(100e12-later).Decode(b, later+9)
	if want := (proto.Header{Seq: 4, Intended: later, Sent: later + 1, Stream: 1}); o != codec.Intact || h != want {
		t.Errorf("outcome %v, %+v, want %+v", o, h, want)
	}
}
