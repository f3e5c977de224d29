package cli

import (
	"path/filepath"
	"reflect"
	"testing"

	"rtbench/scenarios"
)

// A scenario saved to another directory refers to the same files.
func TestRelativeTo(t *testing.T) {
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
		t.Error("the argument was changed")
	}
}
