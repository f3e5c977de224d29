package cli

import (
	"path/filepath"
	"reflect"
	"testing"

	"rtbench/scenarios"
)

// A scenario that is saved elsewhere names the same files.
func TestMovedTo(t *testing.T) {
	absolute, err := filepath.Abs("x")
	if err != nil {
		t.Fatal(err)
	}
	o := scenarios.CustomDraft{
		Rows: "r.csv", CA: absolute, Messages: []string{"{}", "@m/a.json"}, Proto: []string{"a.proto"}, Import: []string{"sub"}, Post: "https://h",
	}
	want := o
	want.Rows, want.Messages, want.Proto, want.Import = filepath.Join("..", "r.csv"), []string{"{}", "@" + filepath.Join("..", "m", "a.json")}, []string{filepath.Join("..", "a.proto")}, []string{"."}
	if got := relativeTo("sub", o); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if o.Messages[1] != "@m/a.json" {
		t.Error("the draft itself has changed")
	}
}

func TestGuidePath(t *testing.T) {
	for path, want := range map[[2]string]bool{
		{"websocket", "/ws/authenticated"}: true, {"websocket", "/ws/ann"}: true, {"websocket", "/ws/ann?token=a"}: false, {"websocket", "/ws/a/b"}: false,
		{"websocket", "/ws"}: false, {"websocket", ""}: false, {"sse", "/stream"}: true, {"sse-h2", "/stream/user"}: true, {"sse", "/streams"}: false, {"sse", ""}: false,
		{"grpc", ""}: true, {"grpc", "/a.B/C"}: false, {"tcp", ""}: false,
	} {
		if got := isGuidePath(path[0], path[1]); got != want {
			t.Errorf("%v: got %v", path, got)
		}
	}
}

func TestInFlags(t *testing.T) {
	for message, want := range map[string]string{
		"target.headers.Authorization: a secret as text; expected ${NAME}, a variable": "--header Authorization: a secret as text" + singleQuotes,
		"target.websocket.url: no URL; expected":                                       "URL: no URL; expected",
		"target.grpc.proto[0]: found":                                                  "--proto: found",
		"messages is missing; expected":                                                "--message is missing; expected",
		"load.rate with pattern push":                                                  "--rate with pattern push",
		"variable A is not set":                                                        "variable A is not set",
		"steps[0].subscribe: wrong":                                                    "--subscribe: wrong",
		"":                                                                             "",
	} {
		if got := nameFlags(message); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
}
