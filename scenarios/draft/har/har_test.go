package har_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/golden"
	"rtbench/scenarios"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/har"
)

// drafted returns the scenario from a connection of an archive, which must be valid.
func drafted(t testing.TB, file string, data []byte, o har.Options) (string, *draft.Draft, error) {
	t.Helper()
	d := &draft.Draft{Name: "drafted", Load: draft.Load{Duration: "5s", Connections: 16}}
	if err := har.Draft(d, file, data, o); err != nil {
		return "", d, err
	}
	text := d.Text()
	if _, err := scenarios.ParseWith("drafted.yaml", text, scenarios.Options{Lookup: func(string) (string, bool) { return "unset", true }}); err != nil {
		t.Fatalf("the drafted scenario has errors:\n%v\n%s\nfrom:\n%.3000s", err, text, data)
	}
	return string(text), d, nil
}

// The archives in testdata are those that Chromium 156 recorded of a page with a WebSocket and an event
// stream, and others by hand in the formats of Firefox and mitmproxy.
func TestDraftArchives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, pick string }{
		{"chromium-session", "chromium.har", "/session"},
		{"chromium-events", "chromium.har", "/events"},
		{"chat", "chat.har", ""},
		{"feed", "feed.har", ""},
		{"model", "model.har", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			text, d, err := drafted(t, c.file, data, har.Options{Pick: c.pick})
			if err != nil {
				t.Fatal(err)
			}
			for _, note := range d.Notes {
				text += "# Note: " + note + "\n"
			}
			golden.Check(t, filepath.Join("testdata", c.name+".yaml"), text)
		})
	}
}

// No secret of an archive is in the scenario, its comments or the notes.
func TestSecretsAreNotWritten(t *testing.T) {
	t.Parallel()
	const (
		bearer, session, key = "bearer-Zx81Kq0pLm", "s%3Aq8ZJw71.session", "k-99ab21Xc"
		jwt                  = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl0"
		password, path       = "Passw0rd-of-ann", "0123456789abcdef0123456789abcdef"
	)
	login := `{"op":"login","user":"ann","password":"` + password + `","note":"cookie ` + session + `"}`
	entry := map[string]any{
		"_resourceType": "websocket",
		"request": map[string]any{
			"method": "GET", "url": "wss://api.example.org/" + path + "/ws?access_token=" + key + "&t=" + jwt + "&room=7",
			"headers": []any{
				header("Authorization", "Bearer "+bearer), header("Cookie", "sid="+session+"; theme=dark"), header("X-Api-Key", key),
				header("X-Trace", jwt), header("Sec-WebSocket-Protocol", "chat.v1, bearer.token."+key), header("Origin", "https://example.org"),
			},
		},
		"response": map[string]any{"status": 101, "headers": []any{}, "content": map[string]any{}},
		"_webSocketMessages": []any{
			message("send", 1, login), message("receive", 1.1, `{"type":"ready","token":"`+jwt+`"}`),
			message("send", 2, `{"op":"say","id":1,"text":"`+bearer+`","auth":"`+jwt+`"}`), message("receive", 2.1, `{"id":1,"ok":true}`),
			message("send", 3, "CONNECT\npasscode:"+password+"\n\n\x00"),
		},
	}
	text, d, err := drafted(t, "x.har", archive(t, entry), har.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := text + strings.Join(d.Notes, "\n")
	for _, secret := range []string{bearer, session, key, jwt, password, path} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is in\n%s", secret, all)
		}
	}
	for _, want := range []string{"bearer: {env: BEARER_TOKEN}", "sid: '${COOKIE_SID}'", "theme: '${COOKIE_THEME}'", "X-Api-Key: ", "${QUERY_ACCESS_TOKEN}", "room=7", "${MESSAGE_PASSWORD}", "authenticate:", "Origin: https://example.org"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

func header(name, value string) map[string]any { return map[string]any{"name": name, "value": value} }

func message(kind string, at float64, data string) map[string]any {
	return map[string]any{"type": kind, "time": 1_790_000_000 + at, "opcode": 1, "data": data}
}

func archive(t testing.TB, entries ...any) []byte {
	t.Helper()
	data, err := json.MarshalIndent(map[string]any{"log": map[string]any{"version": "1.2", "entries": entries}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func socket(url string, messages ...any) map[string]any {
	return map[string]any{"request": map[string]any{"method": "GET", "url": url}, "_webSocketMessages": messages}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	two := archive(t, socket("wss://a.example.org/chat?x=1", message("send", 1, "a")), socket("wss://b.example.org/feed"))
	for _, c := range []struct {
		name, data, pick, want string
	}{
		{"not JSON", "{\"log\": \n  [}", "", "x.har:2:4: invalid character '}'"},
		{"other JSON", `{"asyncapi": "3.0.0"}`, "", "x.har:1:1: found JSON without log.entries; expected a HAR file"},
		{"another type", "{\"log\":\n{\"entries\":[{\"request\":{\"url\":7}}]}}", "", "x.har:2:32: log.entries.request.url: found number; expected a string"},
		{"a list", "[]", "", "x.har:1:2: the file: found array; expected an object"},
		{"no sockets", `{"log":{"entries":[{"request":{"url":"https://a/"}}]}}`, "", "x.har: found 1 requests, none a WebSocket or an event stream"},
		{"several", string(two), "", "x.har: found 2 connections; expected one, chosen by --pick: 1 wss://a.example.org/chat (1 messages sent, 0 received), 2 wss://b.example.org/feed"},
		{"none picked", string(two), "other", "--pick other: not found; expected one of 2 connections: 1 wss"},
		{"two picked", string(two), "example", "--pick example: found in 2 connections; expected its number, or more of its name"},
		{"bad URL", string(archive(t, socket("wss://a b/"))), "", "x.har: connection 1: found a URL"},
		{"bad port", string(archive(t, socket("wss://a:99999/"))), "", "x.har: connection 1: found a URL with the host a:99999"},
	} {
		_, _, err := drafted(t, "x.har", []byte(c.data), har.Options{Pick: c.pick})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v\nwant %s", c.name, err, c.want)
		}
	}
}

// A target without a path has the path of the recording.
func TestTarget(t *testing.T) {
	t.Parallel()
	data := archive(t, socket("https://a.example.org/chat?room=1", message("send", 1, "a"), message("receive", 1.1, "b")))
	for target, want := range map[string]string{
		"": "wss://a.example.org/chat?room=1", "ws://127.0.0.1:9": "ws://127.0.0.1:9/chat?room=1", "ws://127.0.0.1:9/": "ws://127.0.0.1:9/chat?room=1", "ws://127.0.0.1:9/other": "ws://127.0.0.1:9/other?room=1",
	} {
		text, _, err := drafted(t, "x.har", data, har.Options{Target: target})
		if err != nil || !strings.Contains(text, want+"'\n") && !strings.Contains(text, want+"\n") {
			t.Errorf("%s: %v\n%s\nwant %s", target, err, text, want)
		}
	}
}

func FuzzArchive(f *testing.F) {
	files, err := filepath.Glob("testdata/*.har")
	if err != nil || len(files) == 0 {
		f.Fatal("no archives", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "1")
	}
	f.Add(archive(f, socket("wss://a/${X}?b={{c}}&token=$", message("send", 1, `{"a $b {{":"${c}","id":1}`), message("receive", 2, "{{"))), "")
	f.Fuzz(func(t *testing.T, data []byte, pick string) {
		_, _, _ = drafted(t, "x.har", data, har.Options{Pick: pick})
	})
}

// The origin of a page on the recorded server follows the target; that of another page does not.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{"https://a.example.org": "Origin: http://127.0.0.1:9", "https://b.example.org": "Origin: https://b.example.org"} {
		e := socket("wss://a.example.org/chat", message("send", 1, "a"))
		e["request"].(map[string]any)["headers"] = []any{header("Origin", origin)}
		text, _, err := drafted(t, "x.har", archive(t, e), har.Options{Target: "ws://127.0.0.1:9"})
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v\n%s", origin, err, text)
		}
	}
}
