package traffic_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/traffic"
)

// A talk is a recording: lines of "> sent" and "< received", 100 ms apart, or after "@ms ".
func talk(lines ...string) (list []traffic.Message) {
	at := time.Unix(1_790_000_000, 0)
	for _, line := range lines {
		pause := 100
		if rest, ok := strings.CutPrefix(line, "@"); ok {
			if _, err := fmt.Sscanf(rest, "%d", &pause); err != nil {
				panic(err)
			}
			_, line, _ = strings.Cut(rest, " ")
		}
		at = at.Add(time.Duration(pause) * time.Millisecond)
		list = append(list, traffic.Message{Sent: line[0] == '>', At: at, Text: line[2:]})
	}
	return list
}

// drafted returns the scenario of a recording over WebSocket, which must be valid.
func drafted(t testing.TB, list []traffic.Message) (string, *draft.Draft) {
	t.Helper()
	d := &draft.Draft{Name: "drafted", Protocol: "websocket", URL: "ws://127.0.0.1:9/ws", Load: draft.Load{Duration: "5s", Connections: 10}}
	traffic.Draft(d, list)
	text := d.Text()
	if _, err := scenarios.ParseWith("drafted.yaml", text, scenarios.Options{Lookup: func(string) (string, bool) { return "unset", true }}); err != nil {
		t.Fatalf("the drafted scenario has errors:\n%v\n%s", err, text)
	}
	return string(text), d
}

func TestDraft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lines []string
		want  []string // and with ! not
	}{
		{"counted requests", []string{
			`> {"id":1,"text":"hello"}`, `< {"id":1,"ok":true}`, `> {"id":2,"text":"how are you"}`, `< {"id":2,"ok":true}`, `> {"id":3,"text":"bye"}`, `< {"id":3,"ok":true}`,
		}, []string{"pattern: echo", `'{"id":{{.RequestNumber}},"text":"{{randomString 3 11}}"}'`, "match: {field: id}", "replies to 3 of 3 requests", "expect: {field: ok, is: true}", "rate: 50/s", "recorded on one connection: 5/s"}},
		{"another name in the reply", []string{
			`> {"ref":"a-1","op":"get"}`, `< {"type":"note","ref":"zz"}`, `< {"type":"reply","to":{"ref":"a-1"}}`, `> {"ref":"a-2","op":"get"}`, `< {"type":"reply","to":{"ref":"a-2"}}`,
		}, []string{`"ref":"{{.UUID}}"`, "match: {field: to.ref}", "ignore:", "{field: type, is: note}"}},
		{"a number as text", []string{`> {"ref":"7"}`, `< {"ref":"7"}`, `> {"ref":"8"}`, `< {"ref":"8"}`}, []string{`{"ref":"{{.RequestNumber}}"}`, "match: {field: ref}"}},
		{"one request", []string{`> {"id":41,"x":1}`, `< {"id":41}`}, []string{"match: {field: id}", "a guess from one request", `{"id":{{.RequestNumber}},"x":1}`, "rate: 10/s", "no rate"}},
		{"opening, session and leaving", []string{
			`< {"type":"welcome","server":"a"}`, `> {"op":"open"}`, `< {"session":{"id":"0b5c27a1-7a10"}}`,
			`> {"op":"say","id":1,"session":"0b5c27a1-7a10"}`, `< {"id":1}`, `> {"op":"say","id":2,"session":"0b5c27a1-7a10"}`, `< {"id":2}`, `> {"op":"leave","session":"0b5c27a1-7a10"}`,
		}, []string{"wait: {field: type, is: welcome}", `send: '{"op":"open"}'`, "wait: {field: session.id}", "capture: {session: session.id}", `"session":"{{.session}}"`, "- load", `send: '{"op":"leave","session":"{{.session}}"}'`, "!0b5c27a1"}},
		{"kinds", []string{
			`> {"op":"move","id":1,"x":4}`, `< {"id":1}`, `> {"op":"say","id":2,"text":"hello you"}`, `< {"id":2}`, `> {"op":"move","id":3,"x":9}`, `< {"id":3}`, `> {"op":"move","id":4,"x":5}`, `< {"id":4}`, `> {"op":"say","id":5,"text":"yes"}`, `< {"id":5}`,
		}, []string{"name: move, weight: 3", "name: say, weight: 2", `"x":{{randomInt 4 10}}`, "replies to 5 of 5"}},
		{"a kind without replies", []string{
			`> {"op":"get","id":1}`, `< {"id":1}`, `> {"op":"typing","room":"a"}`, `> {"op":"get","id":2}`, `< {"id":2}`, `> {"op":"typing","room":"a"}`,
		}, []string{`messages: '{"op":"get","id":{{.RequestNumber}}}'`, "!typing"}},
		{"pings of the server", []string{`> {"id":1}`, `< {"id":1}`, `< {"type":"ping"}`, `> {"type":"pong"}`, `> {"id":2}`, `< {"id":2}`, `< {"type":"ping"}`, `> {"type":"pong"}`}, []string{
			"answers:", `{to: {field: type, is: ping}, send: '{"type":"pong"}'}`, "!heartbeat", "!ignore",
		}},
		{"heartbeats", []string{`> {"id":1}`, `< {"id":1}`, `@10000 > ping`, `< pong`, `> {"id":2}`, `< {"id":2}`, `@9800 > ping`, `< pong`}, []string{"heartbeat: {every: 10s, send: ping}", "ignore:", "{is: pong}", "!answers"}},
		{"subscription", []string{
			`> {"op":"subscribe","topic":"prices"}`, `< {"op":"subscribed"}`, `< {"n":1,"ts":1790000000300}`, `< {"n":2,"ts":1790000000400}`, `< {"n":3,"ts":1790000000500}`, `< {"n":4,"ts":1790000000600}`, `< {"n":5,"ts":1790000000700}`, `< {"n":6,"ts":1790000000800}`,
		}, []string{"pattern: push", `subscribe: '{"op":"subscribe","topic":"prices"}'`, "stamp: {field: ts, unit: ms}", "match: {field: 'n'}", "!rate:"}},
		{"in order", []string{`> hello 1`, `< you said hello`, `> hello 2`, `< you said hello`}, []string{"match: order", "messages: 'hello 1'"}},
		{"no replies", []string{`> {"x":1}`, `> {"x":5}`, `> {"x":3}`}, []string{"match: none", "{{randomInt 1 6}}"}},
		{"kinds without replies", []string{`> {"op":"a"}`, `> {"op":"b","x":1}`, `> {"op":"a"}`, `> {"op":"b","x":2}`}, []string{"match: none", "{weight: 2, text: ", "!name: a"}},
		{"times and UUIDs", []string{
			`> {"id":1,"at":1790000000100,"when":"2026-09-21T14:13:20Z","trace":"6fa459ea-ee8a-4ca4-894e-db77e160355e"}`, `< {"id":1}`,
		}, []string{`"at":{{.TimestampUnixMilli}}`, `"when":"{{.Timestamp}}"`, `"trace":"{{newUUID}}"`}},
		{"Socket.IO", []string{`< 0{"sid":"abcdefgh"}`, `> 40`, `< 40{"sid":"zzzzzzzz"}`, `> 421["say","a"]`, `< 431["ok"]`, `< 2`, `> 3`, `> 422["say","b"]`, `< 432["ok"]`}, []string{"match: order", "answers:", "{to: {is: '2'}, send: '3'}"}},
		{"SignalR", []string{"> {\"protocol\":\"json\",\"version\":1}\x1e", "< {}\x1e", "> {\"type\":1,\"invocationId\":\"1\",\"target\":\"Say\"}\x1e", "< {\"type\":3,\"invocationId\":\"1\"}\x1e{\"type\":6}\x1e", "> {\"type\":1,\"invocationId\":\"2\",\"target\":\"Say\"}\x1e", "< {\"type\":3,\"invocationId\":\"2\"}\x1e"}, []string{
			`records: {end: "\u001E"}`, "match: {field: invocationId}", `"invocationId":"{{.RequestNumber}}"`,
		}},
		{"text with templates and variables", []string{`> {"id":1,"cost":"$5 ${HOME} {{x}}"}`, `< {"id":1}`}, []string{`"$$5 $${HOME} {{"{{"}}x}}"`}},
		{"numbers as text", []string{`> 1`, `< 1`, `> 2`, `< 2`, `> 3`, `< 3`}, []string{"match: order", "!answers:", "!heartbeat:"}},
		{"only the server", []string{`< a`, `< b`}, []string{"pattern: push", "!messages:"}},
		{"nothing", nil, []string{"pattern: push"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, _ := drafted(t, talk(c.lines...))
			for _, want := range c.want {
				without, not := strings.CutPrefix(want, "!")
				if strings.Contains(text, without) == not {
					t.Errorf("want %s in\n%s", want, text)
				}
			}
		})
	}
}

// Any recording has a valid scenario.
func FuzzRecording(f *testing.F) {
	for _, text := range []string{
		"> {\"id\":1}\n< {\"id\":1}\n> {\"id\":2}\n< {\"id\":2}", "< {\"session\":\"abcdef\"}\n> {\"a\":\"abcdef\",\"$ref\":[1,\"{{\"]}", "> 42[\"a b\",{\"x y\":1}]\n< 43[]", "> ping\n< pong\n> ping\n< pong",
		"> {\"op\":\"a\"}\n> {\"op\":\"b\"}\n> {\"op\":\"a\"}\n> {\"op\":\"b\"}", "> {\"password\":\"${A}\",\"b\":{\"c\":[{\"d\":null}]}}\n< \x1e", "< {\"\":1}\n< {\"\":2}\n< {\"\":3}", "> {\"newUUID\":\"abcdefgh\"}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var list []traffic.Message
		for line := range strings.SplitSeq(text, "\n") {
			if len(line) > 2 {
				list = append(list, traffic.Message{Sent: line[0] == '>', At: time.Unix(int64(len(list)), 0), Text: strings.ReplaceAll(line[2:], "\r", "\n")})
			}
		}
		drafted(t, list)
	})
}
