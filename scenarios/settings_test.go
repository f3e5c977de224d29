package scenarios_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

// settings returns the settings of flags, given as name=value.
func settings(flags ...string) scenarios.Settings {
	s := scenarios.DefaultSettings()
	s.Put("rate", "1k/s")
	set := map[string]bool{}
	for _, f := range flags {
		name, value, _ := strings.Cut(f, "=")
		if !set[name] {
			s.Put(name, value)
		} else {
			s[name] = append(s[name], value)
		}
		set[name] = true
	}
	return s
}

func parseSettings(t *testing.T, s scenarios.Settings) *scenarios.Scenario {
	t.Helper()
	got, err := s.Parse("test", "URL", scenarios.Options{Lookup: lookupSecret})
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	return got
}

// A scenario of flags is the same as the file that they write.
func TestSettingsAreTheFileTheyWrite(t *testing.T) {
	for _, s := range []scenarios.Settings{
		settings(),
		settings("pattern=push,echo", "connections=10,100", "rate=1k/s,2k/s", "protocol=tcp,sse"),
		settings("pattern=echo", "rate=", "closed=true"),
		settings("api=guide", "target=wss://example.org", "pattern=fanout", "protocol=websocket"),
		settings("api=custom", "target=wss://example.org/ws?room=1"),
		settings("api=custom", "target=ws://example.org", "pattern=push", "rate=", `subscribe={"op":"sub"}`, "stamp=data.ts:ms:5ms"),
		settings("api=custom", "target=https://example.org/events", "pattern=push", "rate=", "method=POST", "body=a: b", "insecure=true"),
		settings("api=custom", "target=http://example.org/events", "post=http://example.org/m", "message={{.Header}}", "match=header"),
		settings("api=custom", "target=grpcs://example.org/a.B/C", "pattern=upload", "message={}", "proto=a.proto", "import=x", "import=y"),
		settings("api=custom", "target=tcp://example.org:7", "message=a", "message=@b", "match=order", "expect=yes: no"),
		settings("api=custom", "target=wss://example.org/ws", "header=Authorization: Bearer ${TOKEN}", `header=X-Odd:  a: "b" # c`, "cookie=s=${SESSION}", "query=q=1=2",
			"message={\"id\": {{.RequestNumber}}}\n", "message=@some file.json", "rows=r.csv", "match=field:items[0].id", "expect=ok", "subscribe='a'", "subscribe=b: {{.Row.c}}",
			"subprotocol=v2", "subprotocol=v1", "binary=true", "deflate=each", "cacert=ca.pem", "cert=c.pem", "key=k.pem", "server-name=other", "pid=12", "limit=2MiB"),
	} {
		got := parseSettings(t, s)
		text, err := s.Text(".")
		if err != nil || !bytes.Equal(text, got.Source) || !bytes.HasPrefix(text, []byte(scenarios.Modeline)) {
			t.Errorf("%v\n%s\n%s", err, text, got.Source)
		}
		want, err := scenarios.ParseWith("test", text, scenarios.Options{Lookup: lookupSecret})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(want.Custom, got.Custom, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".At" }, cmp.Ignore()), cmp.AllowUnexported(scenarios.Endpoint{})); d != "" {
			t.Errorf("%s\n%s", d, text)
		}
		if d := cmp.Diff(want.Cells(), got.Cells()); d != "" {
			t.Errorf("%s\n%s", d, text)
		}
		if strings.Contains(string(got.Source), "hunter2") {
			t.Errorf("%s", got.Source)
		}
	}
}

func TestSettingsFillEveryField(t *testing.T) {
	s := parseSettings(t, settings("api=custom", "target=wss://example.org/ws", "header=Authorization: Bearer ${TOKEN}", `header=X-Odd:  a: "b" # c`, "cookie=s=${SESSION}", "query=q=1=2",
		"message={{.RequestNumber}}", "message=@some file.json", "rows=r.csv", "match=field:items[0].id", "expect=ok", "subscribe='a'", "subscribe=b: {{.Row.c}}", "subprotocol=v2", "subprotocol=v1", "binary=true", "pid=12"))
	o, e := s.Custom, s.Custom.Endpoints["websocket"]
	if !slices.Equal(o.Headers, []scenarios.Pair{{Name: "Authorization", Value: "Bearer hunter2-token"}, {Name: "X-Odd", Value: `a: "b" # c`}}) ||
		o.Cookies[0].Value != "hunter2-session" || o.Query[0] != (scenarios.Pair{Name: "q", Value: "1=2"}) {
		t.Errorf("%+v", o)
	}
	if o.Messages[0].Text != "{{.RequestNumber}}" || o.Messages[0].At != "--message" || o.Messages[1].File != "some file.json" || o.Rows.File != "r.csv" ||
		o.Match != (scenarios.Match{By: "field", Field: "items[0].id"}) || *o.Expect.Contains != "ok" || o.Opening[1].Text != "b: {{.Row.c}}" {
		t.Errorf("%+v", o)
	}
	if !slices.Equal(e.Subprotocols, []string{"v2", "v1"}) || e.Frames != "binary" || !slices.Equal(o.Stats.PIDs, []int{12}) {
		t.Errorf("%+v %+v", e, o)
	}
}

// Every flag sets its key, and its problems name the flag.
func TestEveryFlagIsNamedInProblems(t *testing.T) {
	bad := map[string]string{
		"match": "field:a[", "stamp": "a[:ms", "message": "{{.No}}", "subscribe": "{{.No}}", "header": "a b: c", "cookie": "a b=c", "query": "\x01=c", "body": "{{.No}}", "expect": "", "subprotocol": "a b",
		"bearer-file": "\n", "pprof-bearer-file": "\n", "cacert": "\n", "cert": "\n", "key": "\n", "rows": "\n", "proto": "\n", "import": "\n",
	}
	for _, f := range scenarios.Flags() {
		value := "!"
		if bad[f.Name] != "" {
			value = bad[f.Name]
		}
		if f.Switch != "" || f.Name == "expect" || f.Name == "target" {
			continue
		}
		target := "wss://example.org"
		switch f.Name {
		case "method", "post", "body":
			target = "https://example.org"
		case "proto", "import":
			target = "grpcs://example.org/a.B/C"
		}
		s := settings("target="+target, "pattern=echo")
		if (scenarios.Settings{f.Name: {"x"}}).TargetFlag() != "" {
			s.Put("api", "custom")
		}
		s.Put(f.Name, value)
		_, err := s.Parse("test", "URL", scenarios.Options{})
		if err == nil || !strings.Contains("\n"+err.Error(), "\n--"+f.Name) {
			t.Errorf("--%s %q: %v", f.Name, value, err)
		}
	}
}

// Values cannot add keys to the scenario.
func TestSettingsInjectNothing(t *testing.T) {
	for _, evil := range []string{"a\nname: b", "a # b", "a: b", "[a", "\"", "'", "{}", "&a", "*a", "- a", "a:", "~", "", "\\", "%s", "a\x7fb", "}}", "\xff\"", "a\"b'c", "null", "true", "1"} {
		s := scenarios.DefaultSettings()
		for _, f := range scenarios.Flags() {
			if f.Switch == "" && f.Not == "" && f.Name != "bearer-file" && f.Name != "api" {
				s.Put(f.Name, map[string]string{"header": evil + ":", "cookie": evil + "=", "query": evil + "=", "stamp": evil + ":ms:", "match": "field:"}[f.Name]+evil)
			}
		}
		s.Put("api", "custom")
		s.Put("target", "wss://example.org/"+evil)
		text, err := s.Text(".")
		if err != nil {
			continue // a form that is refused
		}
		_, err = scenarios.Parse("test", text)
		if err != nil && (strings.Contains(err.Error(), "not YAML") || strings.Contains(err.Error(), `unknown key "name"`)) {
			t.Errorf("%q: %v\n%s", evil, err, text)
		}
	}
}

// A scenario saved to another directory refers to the same files.
func TestSettingsInAnotherDirectory(t *testing.T) {
	text, err := settings("api=custom", "target=grpcs://h/a.B/C", "rows=r.csv", "cacert=/x/ca.pem", "message={}", "message=@m/a.json", "proto=a.proto", "import=sub", "metrics=https://h/m").Text("sub")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`rows: "../r.csv"`, "ca: /x/ca.pem", `{file: "../m/a.json"}`, `"../a.proto"`, `import:`, "metrics"} {
		if want = strings.NewReplacer(`"../`, "../", `.csv"`, ".csv", `.json"`, ".json", `.proto"`, ".proto").Replace(want); want != "metrics" && !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestFlagsThatExcludeEachOther(t *testing.T) {
	for want, s := range map[string]scenarios.Settings{
		"--rate with --closed":            settings("closed=true"),
		"--bearer-env with --bearer-file": settings("rate=", "bearer-env=A", "bearer-file=b"),
	} {
		if _, err := s.Parse("test", "", scenarios.Options{}); err == nil || err.Error() != want+": expected one of them" {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Keys have one place: every key has documentation, and a default that is valid.
func TestEveryKeyIsDocumented(t *testing.T) {
	manual := string(scenarios.Reference())
	for _, f := range scenarios.Flags() {
		if f.Usage == "" || strings.Contains(f.Usage, "\n") {
			t.Errorf("--%s has no usage", f.Name)
		}
	}
	for _, key := range scenarios.Keys() {
		if name := key[strings.LastIndexByte(key, '.')+1:]; !strings.Contains(manual, name+":") {
			t.Errorf("%s is not in the manual", key)
		}
	}
	if _, err := scenarios.ParseWith("reference.yaml", scenarios.Reference(), scenarios.Options{Read: func(string) ([]byte, error) { return nil, nil }}); err != nil {
		t.Errorf("%v\n%s", err, manual)
	}
	_ = spec.Flag{}
}
