package scenarios_test

import (
	"strings"
	"testing"

	"rtbench/scenarios"
)

// A former key or value gives exactly one error, which names its replacement.
func TestRenamedKeysGiveOneError(t *testing.T) {
	const head = "name: a\npattern: echo\nload: {rate: 1/s}\n"
	for _, c := range []struct{ text, set, want string }{
		{"contract: own\ntarget: {websocket: wss://h/}\n", "", "f.yaml:4:1: contract has been renamed; expected `api: custom`"},
		{"contract: bench\n", "", "f.yaml:4:1: contract has been renamed; expected `api: reference`"},
		{"contract: guide\ntarget: wss://h\n", "", "f.yaml:4:1: contract has been renamed; expected `api: guide`"},
		{"contract: gide\n", "", "f.yaml:4:1: contract has been renamed; expected `api: guide`"},
		{"contract: own\napi: custom\ntarget: {websocket: wss://h/}\n", "", "f.yaml:4:1: contract has been renamed; expected `api: custom`"},
		{"api: own\ntarget: wss://h\n", "", `f.yaml:4:6: api: found "own"; expected one of reference, guide, custom; did you mean "custom"?`},
		{"api: bench\n", "", `f.yaml:4:6: api: found "bench"; expected one of reference, guide, custom; did you mean "reference"?`},
		{"", "contract=own", `--set contract=own: unknown key "contract"; expected a key such as load.rate or repetitions; did you mean "api"?`},
		{"thresholds: [lost == 0, {that: p(99) < 5ms, window: 1s}]\n", "", "f.yaml:4:26: that has been renamed; expected `condition: p(99) < 5ms`"},
		{"profiles: {ci: {thresholds: {that: p(99) < 5ms}}}\n", "", "f.yaml:4:30: that has been renamed; expected `condition: p(99) < 5ms`"},
	} {
		o := scenarios.Options{}
		if c.set != "" {
			o.Set = []string{c.set}
		}
		_, err := scenarios.ParseWith("f.yaml", []byte(head+c.text), o)
		if err == nil || strings.TrimSpace(err.Error()) != c.want {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
}

// The API follows from keys that only one API has.
func TestImpliedAPI(t *testing.T) {
	for text, want := range map[string]string{
		"pattern: echo, load: {rate: 1/s}":                                     "reference",
		"pattern: echo, load: {rate: 1/s}, target: '127.0.0.1:9000'":           "reference",
		"pattern: echo, load: {rate: 1/s}, target: 'wss://h/path'":             "custom",
		"pattern: echo, load: {rate: 1/s}, target: 'wss://h', messages: hello": "custom",
		"pattern: push, target: 'https://h?topic=a'":                           "custom",
		"pattern: push, target: {websocket: 'wss://h'}":                        "custom",
		"pattern: push, load: {rate: 1/s}, path: /stream/user":                 "guide",
		"api: guide, pattern: push, load: {rate: 1/s}, target: 'https://h'":    "guide",
		"api: custom, pattern: echo, load: {rate: 1/s}, target: 'wss://h'":     "custom",
	} {
		s, err := scenarios.Parse("f.yaml", []byte("{name: a, "+text+"}"))
		if err != nil || s.API != want {
			t.Errorf("%s: %+v %v, want %s", text, s, err, want)
		}
	}
}
