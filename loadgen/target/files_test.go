package target_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/loadgen/target"
)

// chat is a scenario of 4 lines.
const chat = `target: {%s: '%s'}
pattern: echo
load: {rate: 1/s}
`

// Errors in files that a scenario names have the file's name and line, before anything is run.
func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.csv": "user,room\nann,blue\n", "short.csv": "user,room\nann,blue\nbob\n", "twice.csv": "user,user\nann,blue\n",
		"heading.csv": "user,room\n", "quote.csv": "user,room\nann,\"blue\n", "latin.csv": "user\nann\nb\xf6b\n", "rows.txt": "user\nann\n",
		"keys.jsonl": "{\"user\":\"ann\"}\n{\"usr\":\"bob\"}\n", "list.jsonl": "{\"user\":\"ann\"}\n[1]\n",
		"good.json": `{"id":{{.RequestNumber}},"user":"{{.Row.user}}"}`, "unknown.json": "{\n  \"id\": {{.RequestNumbr}}\n}", "open.json": "{\n\"id\": {{.Seq\n}",
		"none.json": `{"user":"{{.Row.user}}"}`, "column.json": "{\"id\":{{.RequestNumber}},\n \"user\":\"{{.Row.usr}}\"}", "two.json": "{\"id\":\n{{.RequestNumber}}}",
		"field.json": "{\"id\":{{.RequestNumber}},\n  \"txt\":\"a\"}", "kind.json": `{"id":"a {{.RequestNumber}}"}`,
	} {
		write(t, dir, name, text)
	}
	notes, err := filepath.Abs(filepath.Join("..", "testdata", "grpc", "notes.proto"))
	if err != nil {
		t.Fatal(err)
	}
	grpc := fmt.Sprintf(strings.Replace(chat, "'%s'", "{url: 'grpc://127.0.0.1:1/test.v1.Notes/Exchange', proto: [%q]}", 1), "grpc", notes)
	ws, tcp := fmt.Sprintf(chat, "websocket", "ws://127.0.0.1:1/"), fmt.Sprintf(chat, "tcp", "tcp://127.0.0.1:1")
	for more, want := range map[string]string{
		ws + "match: {field: id}\nrows: good.csv\nmessages: {file: good.json}":                                                   "",
		tcp + "match: {field: id}\nrows: good.csv\nmessages: {file: good.json}":                                                  "",
		grpc + "match: {field: id}\nmessages: '{\"id\":{{.RequestNumber}}}'":                                                     "",
		ws + "match: {field: id}\nrows: none.csv\nmessages: {file: good.json}":                                                   "rows: stat " + filepath.Join(dir, "none.csv"),
		ws + "match: {field: id}\nrows: short.csv\nmessages: {file: good.json}":                                                  "short.csv:3: ",
		ws + "match: {field: id}\nrows: twice.csv\nmessages: {file: good.json}":                                                  "twice.csv:1: duplicate column",
		ws + "match: {field: id}\nrows: heading.csv\nmessages: {file: good.json}":                                                "heading.csv: no rows",
		ws + "match: {field: id}\nrows: quote.csv\nmessages: {file: good.json}":                                                  "quote.csv:2: ",
		ws + "match: {field: id}\nrows: latin.csv\nmessages: {file: good.json}":                                                  "latin.csv:3: invalid UTF-8",
		ws + "match: {field: id}\nrows: rows.txt\nmessages: {file: good.json}":                                                   "rows.txt: unknown extension",
		ws + "match: {field: id}\nrows: keys.jsonl\nmessages: {file: good.json}":                                                 "keys.jsonl:2: ",
		ws + "match: {field: id}\nrows: list.jsonl\nmessages: {file: good.json}":                                                 "list.jsonl:2: ",
		ws + "match: {field: id}\nmessages: {file: none.txt}":                                                                    "test.yaml:6: messages[0].file: stat ",
		ws + "match: {field: id}\nmessages: {file: unknown.json}":                                                                "unknown.json, line 2, column 9 of the message: ",
		ws + "match: {field: id}\nmessages: {file: open.json}":                                                                   "open.json, line 2, column 7 of the message: ",
		ws + "match: {field: id}\nrows: good.csv\nmessages: {file: none.json}":                                                   "messages[0]: no {{.RequestNumber}} or {{.UUID}} in the message",
		ws + "match: header\nrows: good.csv\nmessages: {file: good.json}":                                                        "messages[0]: no {{.Header}} in the message",
		ws + "match: {field: id}\nrows: good.csv\nmessages: {file: column.json}":                                                 "column.json, line 2, column 10 of the message: ",
		ws + "match: {field: id}\nrows: good.csv\nmessages: ['{\"id\":{{.RequestNumber}}}', {file: column.json}]":                "column.json, line 2",
		tcp + "match: {field: id}\nmessages: {file: two.json}":                                                                   "two.json: a message of several lines",
		grpc + "match: {field: id}\nmessages: {file: field.json}":                                                                "field.json, line 2, column 3 of the message: ",
		grpc + "match: {field: id}\nmessages: {file: kind.json}":                                                                 "kind.json, line 1, ",
		grpc + "match: {field: idd}\nmessages: '{\"id\":{{.RequestNumber}}}'":                                                    "test.yaml: match: ",
		grpc + "match: {field: id}\nmessages: '{\"id\":{{.RequestNumber}}}'\nexpect: {field: txt}":                               "test.yaml: expect.field: ",
		strings.Replace(grpc, "Notes/Exchange", "Notes/Tell", 1) + "match: {field: id}\nmessages: '{\"id\":{{.RequestNumber}}}'": "no method Tell",
		strings.Replace(grpc, "notes.proto", "missing.proto", 1) + "match: {field: id}\nmessages: '{\"id\":{{.RequestNumber}}}'": ".proto file: stat ",
	} {
		err := target.CheckCustom(read(t, filepath.Join(dir, "test.yaml"), more))
		switch {
		case want == "" && err != nil:
			t.Errorf("%v in\n%s", err, more)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, want %s, in\n%s", err, want, more)
		}
	}
}

// Errors in the value of a variable do not show the value.
func TestErrorsHideSecrets(t *testing.T) {
	t.Setenv("TEST_TARGET_SECRET", "sesame-open")
	notes, err := filepath.Abs(filepath.Join("..", "testdata", "grpc", "notes.proto"))
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{`{"id":"${TEST_TARGET_SECRET}","body":"{{.RequestNumber}}"}`, `{"id":{{.RequestNumber}},"${TEST_TARGET_SECRET}":1}`} {
		s := read(t, filepath.Join(t.TempDir(), "test.yaml"), fmt.Sprintf("target: {grpc: {url: 'grpc://127.0.0.1:1/test.v1.Notes/Exchange', proto: [%q]}}\n", notes)+
			"pattern: echo\nload: {rate: 1/s}\nmatch: order\nmessages: '"+message+"'\n")
		if err := target.CheckCustom(s); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", message, err)
		}
	}
}

// .proto files are found next to the scenario and in the import directories.
func TestProtoFilesAreFound(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "protos", "test"), "notes.proto", "syntax = \"proto3\"; package test; message Note { uint64 id = 1; } service Notes { rpc Exchange(stream Note) returns (stream Note); }")
	for _, at := range []string{"proto: [protos/test/notes.proto]", "proto: [test/notes.proto], import: [protos]", "proto: [" + dir + "/protos/test/notes.proto]"} {
		if err := target.CheckCustom(read(t, filepath.Join(dir, "test.yaml"), "target: {grpc: {url: 'grpc://127.0.0.1:1/test.Notes/Exchange', "+at+"}}\n"+
			"pattern: echo\nload: {rate: 1/s}\nmatch: {field: id}\nmessages: '{\"id\":{{.RequestNumber}}}'\n")); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
}
