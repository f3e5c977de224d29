package template

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// recordsOf returns copies of the records of a message.
func recordsOf(text string) []string {
	var r Records
	r.Reset([]byte(text), true)
	var all []string
	for {
		record, ok := r.Next()
		if !ok {
			return all
		}
		all = append(all, string(record))
	}
}

// With an end, only that splits a message. White space alone is a record.
func TestRecordsWithEnd(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"a\x00", []string{"a"}},
		{"a\x00\nb\x00\n", []string{"a", "b"}},
		{"a", []string{"a"}},
		{"MESSAGE\n\n{}\n{}\x00\n\n", []string{"MESSAGE\n\n{}\n{}"}},
		{"\n", []string{"\n"}},
		{"\n\x00", []string{"\n\x00"}},
		{"\x00\x00 a\x00", []string{"a"}},
		{"", []string{""}},
	} {
		r := Records{End: []byte{0}}
		r.Reset([]byte(c.text), true)
		var all []string
		for record, ok := r.Next(); ok; record, ok = r.Next() {
			all = append(all, string(record))
		}
		if !slices.Equal(all, c.want) {
			t.Errorf("%q has the records %q, expected %q", c.text, all, c.want)
		}
	}
}

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"hello", []string{"hello"}},
		{"{}", []string{"{}"}},
		{"{}\x1e", []string{"{}"}},
		{`{"type":6}` + "\x1e" + `{"type":3}` + "\x1e", []string{`{"type":6}`, `{"type":3}`}},
		{"2\x1e42[\"a\"]", []string{"2", `42["a"]`}},
		{"\x1e\x1ea\x1e \x1eb", []string{"a", "b"}},
		{"\x1e", []string{"\x1e"}},
		{"\x1e\x00{}", []string{"\x1e\x00{}"}},
		{"\xff\x1e{}", []string{"\xff\x1e{}"}},
		{"{\"a\":1}\n{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}},
		{"{\"a\":1}\r\n\r\n[2]\r\n", []string{`{"a":1}`, `[2]`}},
		{"{\n \"a\": 1\n}\n", []string{"{\n \"a\": 1\n}\n"}},
		{"{\"a\":1}\nno JSON", []string{"{\"a\":1}\nno JSON"}},
		{"one\ntwo", []string{"one\ntwo"}},
		{"1\n2", []string{"1\n2"}},
		{"{\"a\":1}\n", []string{"{\"a\":1}\n"}},
		{`{"a":1}{"a":2}`, []string{`{"a":1}`, `{"a":2}`}},
		{`{"a":"}{"}`, []string{`{"a":"}{"}`}},
		{`{"a":1}{`, []string{`{"a":1}{`}},
		{`a["{\"id\":1}","two"]`, []string{`{"id":1}`, "two"}},
		{`a["\u00e9\n"]`, []string{"é\n"}},
		{`a[]`, []string{`a[]`}},
		{`a[1]`, []string{`a[1]`}},
		{`a["b"`, []string{`a["b"`}},
		{`a["b",]`, []string{`a["b",]`}},
		{`[{"id":1},{"id":2}]`, []string{`[{"id":1},{"id":2}]`}},
		{`42["a",{"id":1}]`, []string{`42["a",{"id":1}]`}},
	} {
		if got := recordsOf(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q has the records %q, want %q", c.text, got, c.want)
		}
	}
	var r Records
	r.Reset([]byte("{}\x1e{}"), false)
	if got, _ := r.Next(); string(got) != "{}\x1e{}" || r.More() {
		t.Errorf("%q, though the message is one record", got)
	}
}

func TestFieldOfARecord(t *testing.T) {
	for _, c := range []struct{ path, record, want string }{
		{"id", "{\"id\":1}\x1e", "1"},
		{"id", "{\"id\":1}\x00", "1"},
		{"[1].id", `42["reply",{"id":7}]`, "7"},
		{"[1].id", `42/chat,12["reply",{"id":7}]`, "7"},
		{"id", "MESSAGE\ndestination:/topic/a\n\n{\"id\":7}\x00", "7"},
		{"id", `data: {"id":7}`, "7"},
		{"id", `{"id":7} and more`, ""},
		{"id", `7`, ""},
		{"id", `"a" {"id":7}`, ""},
		{"id", `[1] {"id":7}`, ""},
	} {
		p, err := ParsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		value, ok := p.JSON().Find([]byte(c.record))
		if string(value) != c.want || ok != (c.want != "") {
			t.Errorf("%s of %q is %q, %v; want %q", c.path, c.record, value, ok, c.want)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, same := range [][]string{
		{`{"type":"ping","message":1700000000}`, `{"message":5,"type":"ping"}`, `{ "type" : "ping", "message":{"a":[1]}}`},
		{`{"type":"welcome"}`},
		{`{"n":1,"ts":2}`, `{"ts":3,"n":44}`},
		{`42["chat",{"id":1}]`, `42["chat",{"other":1}]`},
		{`42["presence",{"id":1}]`},
		{`[null,"5","room:1","presence",{}]`, `[null,"6","room:2","presence",{"a":1}]`},
		{"pong", "pong"},
		{"user 12 joined", "user 99 joined"},
		{""},
	} {
		for _, text := range same[1:] {
			if Kind([]byte(text)) != Kind([]byte(same[0])) {
				t.Errorf("%s and %s differ in kind", text, same[0])
			}
		}
	}
	seen := map[uint64]string{}
	for _, text := range []string{
		`{"type":"ping"}`, `{"type":"welcome"}`, `{"type":3}`, `{"type":6}`, `{"kind":"ping"}`, `{"n":1}`, `{"n":1,"m":1}`, `42["a"]`, `42["b"]`, "pong", "ping", "", `{"type":"ping"`, `[]`, `{}`,
	} {
		k := Kind([]byte(text))
		if seen[k] != "" || k == 0 {
			t.Errorf("%s is of the kind %d, as is %s", text, k, seen[k])
		}
		seen[k] = text
	}
}

func TestRecordsCostNoAllocation(t *testing.T) {
	p, _ := ParsePath("id")
	var r Records
	for _, text := range []string{
		"{\"id\":1}\x1e{\"id\":2}\x1e", "{\"id\":1}\n{\"id\":2}", `{"id":1}{"id":2}`, `a["{\"id\":1}","{\"id\":2}"]`, `42["x",{"id":1}]`, "plain text\nof two lines",
	} {
		message, field := []byte(text), p.JSON()
		if n := testing.AllocsPerRun(100, func() {
			r.Reset(message, true)
			for record, ok := r.Next(); ok; record, ok = r.Next() {
				field.Find(record)
				Kind(record)
			}
		}); n != 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

// No message causes a panic, and only separators and white space are dropped.
func FuzzRecords(f *testing.F) {
	for _, text := range []string{
		"", "{}\x1e{}\x1e", "{\"a\":1}\n{\"a\":2}\n", `{"a":1}{"a":2}`, `a["{\"id\":1}","\ud83d\ude00"]`, `42/ns,7["a",{"b":1}]`,
		"2\x1e3", "plain", "\x1e", "a[", "{}\n[]", `{"type":"ping","e":[1]}`, "[1,\"a\",{}]",
	} {
		f.Add([]byte(text))
	}
	path, err := ParsePath("[1].id")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var r Records
		r.Reset(message, true)
		sockJS := r.split == bySockJS
		var all [][]byte
		for record, ok := r.Next(); ok; record, ok = r.Next() {
			all = append(all, bytes.Clone(record))
			path.JSON().Find(record)
			if Kind(record) == 0 {
				t.Fatalf("%q has no kind", record)
			}
			IsJSON(record)
		}
		if len(all) == 0 || len(all) > 1 && slices.ContainsFunc(all, func(b []byte) bool { return len(b) == 0 }) && !sockJS {
			t.Fatalf("%q has the records %q", message, all)
		}
		if sockJS {
			var want []string
			if err := json.Unmarshal(bytes.TrimRight(message[1:], "\x1e\x00 \t\r\n"), &want); err != nil && !strings.Contains(err.Error(), "depth") {
				t.Fatalf("%q: %v", message, err)
			}
			for i, record := range all {
				if len(all) != len(want) || want[i] != string(bytes.ToValidUTF8(record, []byte("\ufffd"))) && !bytes.Contains(record, []byte("\ufffd")) {
					if !validUTF8(message) {
						return // encoding/json replaces invalid bytes one by one
					}
					t.Fatalf("%q has the records %q, want %q", message, all, want)
				}
			}
			return
		}
		stripped := func(p []byte) string {
			return strings.NewReplacer("\x1e", "", " ", "", "\t", "", "\r", "", "\n", "").Replace(string(p))
		}
		if got, want := stripped(bytes.Join(all, nil)), stripped(message); got != want {
			t.Fatalf("%q has the records %q", message, all)
		}
	})
}

func validUTF8(p []byte) bool { return bytes.Equal(p, bytes.ToValidUTF8(p, nil)) }
