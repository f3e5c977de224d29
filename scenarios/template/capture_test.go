package template_test

import (
	"strings"
	"testing"

	"rtbench/scenarios/template"
)

// Captured values are escaped inside JSON strings only.
func TestCaptured(t *testing.T) {
	t.Parallel()
	v := values(1)
	v.Captured = []template.Capture{template.NewCapture([]byte("a\"b\\")), template.NewCapture([]byte("7"))}
	o := template.Options{Captured: []string{"session", "chat"}}
	for text, want := range map[string]string{
		`{"s":"{{.session}}","r":{{.chat}}}`: `{"s":"a\"b\\","r":7}`,
		`JOIN {{ .chat }} {{.session}}`:      `JOIN 7 a"b\`,
	} {
		f, err := template.Compile(text, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(f.Append(nil, v)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if err := f.Check(v); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	f, err := template.Compile(`{"s":{{.session}},"t":"{{randomString 5}}"}`, o)
	if err != nil {
		t.Fatal(err)
	}
	before := *v.Rand
	if err := f.Check(v); err == nil || !strings.Contains(err.Error(), "expected quotes around {{.session}}") {
		t.Error(err)
	}
	if *v.Rand != before {
		t.Error("the check draws from the random values of messages")
	}
}

func TestCapturedNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"session": "", "session_2": "", "": "expected a name", "Session": "expected a name", "a-b": "expected a name", "2a": "expected a name",
		"room": "did you mean reply_room?", "requestNumber": "action {{.RequestNumber}}", "row": "action {{.Row}}", "randomInt": "action {{randomInt}}", strings.Repeat("a", 61): "expected a name",
	} {
		err := template.CheckName(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}
