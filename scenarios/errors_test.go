package scenarios_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"rtbench/scenarios"
)

// good is a valid scenario; cases replace parts of it.
const good = `name: mine
protocols: [websocket, grpc]
pattern: echo
load:
  rate: 5k/s
  connections: 16
payload:
  size: 128
phases: {warmup: 1s, steady: 5s}
`

// A mistake is a common error with the expected message and position.
type mistake struct {
	what     string
	old, new string // in good; if old is empty, new is the whole file
	at       string // file:line:column, or the flag
	says     string // part of the message
	options  scenarios.Options
}

var mistakes = []mistake{
	// Keys.
	{what: "a key misspelt", old: "pattern:", new: "patern:", at: "f.yaml:3:1", says: `did you mean "pattern"?`},
	{what: "a key in the singular", old: "connections: 16", new: "connection: 5", at: "f.yaml:6:3", says: `did you mean "connections"?`},
	{what: "a key of another tool", old: "rate: 5k/s", new: "rps: 5k/s", at: "f.yaml:5:3", says: `did you mean "rate"?`},
	{what: "users for connections", old: "connections: 16", new: "vus: 16", at: "f.yaml:6:3", says: `did you mean "connections"?`},
	{what: "a key in capitals", old: "name:", new: "Name:", at: "f.yaml:1:1", says: `did you mean "name"?`},
	{what: "a key not indented", old: "  connections: 16", new: "connections: 16", at: "f.yaml:6:1", says: `did you mean "connections" in load, indented below it?`},
	{what: "a key indented too far", old: "load:\n", new: "load:\n  repetitions: 3\n", at: "f.yaml:5:3", says: `unknown key "repetitions" in load; expected one of model, arrivals, wave, rate, connections, streams, topology, connect, think,`},
	{what: "a key in the wrong section", old: "  connections: 16", new: "  size: 64", at: "f.yaml:6:3", says: `did you mean "size" in payload, not in load?`},
	{what: "a duration at the top", old: "phases:", new: "duration: 30s\nphases:", at: "f.yaml:9:1", says: `did you mean "steady" in phases, indented below it?`},
	{what: "a section left empty", old: "payload:\n  size: 128", new: "payload:", at: "f.yaml:7:9", says: "payload: found nothing; expected keys of size, encoding"},
	{what: "the pattern missing", old: "pattern: echo\n", new: "", at: "f.yaml:1:1", says: "pattern is missing; expected a line such as `pattern: echo`, of echo, push, upload, fanout"},
	{what: "the rate missing", old: "  rate: 5k/s\n", new: "", at: "f.yaml:4:1", says: "load.rate is missing"},
	{what: "a key twice", old: "  connections: 16", new: "  connections: 16\n  rate: 1k/s", at: "f.yaml:7:3", says: `key "rate" is a duplicate; expected it once (line 5 has it)`},
	{what: "no space after the colon", old: "pattern: echo", new: "pattern:echo", at: "f.yaml:3:8", says: "not YAML: missing space after the colon; expected `pattern: echo`"},

	// Values.
	{what: "a rate without unit", old: "5k/s", new: "5000", at: "f.yaml:5:9", says: "did you mean 5000/s?"},
	{what: "a rate in words", old: "5k/s", new: "5000 msg/s", at: "f.yaml:5:9", says: "did you mean 5000/s?"},
	{what: "a rate with a capital K", old: "5k/s", new: "5K/s", at: "f.yaml:5:9", says: "did you mean 5k/s?"},
	{what: "a rate a minute", old: "5k/s", new: "300/min", at: "f.yaml:5:9", says: "did you mean 5/s?"},
	{what: "a rate below nothing", old: "5k/s", new: "-5k/s", at: "f.yaml:5:9", says: "from 0.001/s to 100M/s"},
	{what: "a rate beyond a machine", old: "5k/s", new: "1000M/s", at: "f.yaml:5:9", says: "from 0.001/s to 100M/s"},
	{what: "a size in small letters", old: "size: 128", new: "size: 1kb", at: "f.yaml:8:9", says: "did you mean 1KB (1000 bytes) or 1KiB (1024)?"},
	{what: "a size too large", old: "size: 128", new: "size: 2MiB", at: "f.yaml:8:9", says: "from 32 to 1048576 (1MiB)"},
	{what: "a size below the header", old: "size: 128", new: "size: 16", at: "f.yaml:8:9", says: "expected at least 32"},
	{what: "a duration without unit", old: "steady: 5s", new: "steady: 5", at: "f.yaml:9:30", says: "did you mean 5s?"},
	{what: "a duration in words", old: "steady: 5s", new: "steady: 5 seconds", at: "f.yaml:9:30", says: "did you mean 5s?"},
	{what: "a duration in days", old: "steady: 5s", new: "steady: 1d", at: "f.yaml:9:30", says: "did you mean 24h?"},
	{what: "a list where one value goes", old: "steady: 5s", new: "steady: [5s, 10s]", at: "f.yaml:9:30", says: "did you mean one value, without the brackets?"},
	{what: "text where a list of ramps goes", old: "rate: 5k/s", new: "rate: 5k/s\n  stages: 10s to 50k/s", at: "f.yaml:6:11", says: "expected ramps such as [{over: 10s, to: 50k/s}]"},
	{what: "values with commas, not a list", old: "[websocket, grpc]", new: "websocket, grpc", at: "f.yaml:2:12", says: "did you mean the list [websocket, grpc]?"},
	{what: "ws", old: "[websocket, grpc]", new: "[ws, grpc]", at: "f.yaml:2:13", says: `did you mean "websocket"?`},
	{what: "http2", old: "[websocket, grpc]", new: "http2", at: "f.yaml:2:12", says: `did you mean "sse-h2"?`},
	{what: "SSE", old: "[websocket, grpc]", new: "SSE", at: "f.yaml:2:12", says: `did you mean "sse"?`},
	{what: "grpc-stream", old: "[websocket, grpc]", new: "grpc-stream", at: "f.yaml:2:12", says: `did you mean "grpc"?`},
	{what: "broadcast", old: "pattern: echo", new: "pattern: broadcast", at: "f.yaml:3:10", says: `did you mean "fanout"?`},
	{what: "a YAML 1.1 boolean", old: "phases:", new: "tls: on\nphases:", at: "f.yaml:9:6", says: "did you mean true?"},
	{what: "a name that is a number", old: "name: mine", new: "name: 2024", at: "f.yaml:1:7", says: `did you mean the text "2024", with the quotes?`},
	{what: "a name that is a boolean", old: "name: mine", new: "name: true", at: "f.yaml:1:7", says: `did you mean the text "true", with the quotes?`},
	{what: "a name with capitals and spaces", old: "name: mine", new: "name: My Test", at: "f.yaml:1:7", says: `did you mean "my-test"?`},
	{what: "a number in quotes", old: "connections: 16", new: `connections: "16"`, at: "f.yaml:6:16", says: "did you mean 16, without the quotes?"},
	{what: "a number with a separator", old: "connections: 16", new: "connections: 10,000", at: "f.yaml:6:16", says: "did you mean 10000?"},
	{what: "a negative number", old: "connections: 16", new: "connections: -1", at: "f.yaml:6:16", says: `an integer from 1 to 100000`},
	{what: "no connections", old: "connections: 16", new: "connections: 0", at: "f.yaml:6:16", says: `an integer from 1 to 100000`},
	{what: "too many connections", old: "connections: 16", new: "connections: 1000000", at: "f.yaml:6:16", says: `an integer from 1 to 100000`},
	{what: "a threshold in another language", old: "phases:", new: "thresholds: [\"p99 < 5ms\"]\nphases:", at: "f.yaml:9:14", says: "did you mean p(99)?"},
	{what: "one equals sign", old: "phases:", new: "thresholds: [lost = 0]\nphases:", at: "f.yaml:9:14", says: "did you mean ==?"},

	// Conflicts.
	{what: "stages and a steady phase", old: "rate: 5k/s", new: "rate: 5k/s\n  stages: [{over: 10s, to: 9k/s}]", at: "f.yaml:10:30", says: "phases.steady: found 5s, and the stages take 10s; expected no steady, because the stages fill it"},
	{what: "a closed loop with a rate", old: "load:\n", new: "load:\n  model: closed\n", at: "f.yaml:6:9", says: "expected `model: open` with it"},
	{what: "a think time of another form", old: "  rate: 5k/s", new: "  model: closed\n  think: exponent(1ms)", at: "f.yaml:6:10", says: `load.think: found "exponent(1ms)"; expected a duration such as 10ms, up to 24h, exponential(MEAN) such as exponential(10ms), or uniform(LEAST, MOST) such as uniform(5ms, 20ms); did you mean "exponential(10ms)"?`},
	{what: "a think time the wrong way round", old: "  rate: 5k/s", new: "  model: closed\n  think: uniform(20ms, 5ms)", at: "f.yaml:6:10", says: "or uniform(LEAST, MOST) such as uniform(5ms, 20ms)"},
	{what: "think time in an open loop", old: "  connections", new: "  think: 1s\n  connections", at: "f.yaml:6:10", says: "expected `model: closed` with it"},
	{what: "streams over websocket", old: "  connections", new: "  streams: 8\n  connections", at: "f.yaml:6:12", says: "load.streams: 8 streams per connection over websocket; expected 1, or only protocols of sse-h2, grpc"},

	// Text.
	{what: "a tab for indentation", old: "  rate:", new: "\trate:", at: "f.yaml:5:1", says: "a tab; expected spaces"},
	{what: "two colons in a line", old: "name: mine", new: "name: mine: 2", at: "f.yaml:1:11", says: "not YAML: found a second colon; expected quotes around text with a colon"},
	{what: "indented by one more", old: "  connections: 16", new: "   connections: 16", at: "f.yaml:6:4", says: "not YAML: found a key after a value; expected it below the key of the line before, or quotes around text with"},
	{what: "a list in wrong brackets", old: "[websocket, grpc]", new: "[websocket, grpc}", at: "f.yaml:2:28", says: `"}" closes the "[" of line 2; expected "]" there`},
	{what: "a quote not closed", old: "name: mine", new: "name: \"mine", at: "f.yaml:1:7", says: "not YAML: unclosed quote; expected it at the end of the text"},
	{what: "an anchor", old: "load:", new: "load: &load", at: "f.yaml:4:7", says: `anchor "&load"; expected the value alone: anchors are not supported`},
	{what: "a merge key", old: "load:\n", new: "load:\n  <<: {rate: 1k/s}\n", at: "f.yaml:5:3", says: "`include: FILE`"},
	{what: "a second document", old: "phases:", new: "---\nphases:", at: "f.yaml:9:1", says: "expected one scenario in a file"},
	{what: "JSON without a comma", new: "{\n  \"name\": \"mine\"\n  \"pattern\": \"echo\"\n}\n", at: "f.yaml:3:3", says: "not YAML: missing comma before this line; expected [a, b] or {a: 1, b: 2}"},
	{what: "Windows line ends do not move places", new: strings.ReplaceAll(strings.Replace(good, "16", "x", 1), "\n", "\r\n"), at: "f.yaml:6:16", says: `load.connections: found the text "x"; expected an integer from 1 to 100000`},
	{what: "a byte order mark does not move places", new: "\ufeffname: mine\npatern: echo\nload: {rate: 1k/s}\n", at: "f.yaml:2:1", says: `did you mean "pattern"?`},
	{what: "a byte order mark, first line", new: "\ufeffnam: mine\npattern: echo\nload: {rate: 1k/s}\n", at: "f.yaml:1:1", says: `did you mean "name"?`},
	{what: "not UTF-8", old: "name:", new: "about: caf\xe9\nname:", at: "f.yaml:1:11", says: "byte 0xe9 is not UTF-8"},
	{what: "a result, not a scenario", new: "{\"version\": 1, \"cells\": []}\n", at: "f.yaml:1:2", says: `unknown key "version"`},

	// Variables, includes, profiles, flags.
	{what: "a variable that is not set", old: "5k/s", new: "${RATE}", at: "f.yaml:5:9", says: "variable RATE is not set; expected it in the environment, or a default: ${RATE:-…}"},
	{what: "a variable that holds nonsense", old: "5k/s", new: "${SECRET}", at: "f.yaml:5:9", says: `load.rate: the value of "${SECRET}" is invalid; expected messages per second such as 500/s, 20k/s or 1.5M/s,`},
	{what: "a variable as the shell has it", old: "5k/s", new: "$RATE", at: "f.yaml:5:9", says: "did you mean ${RATE}?"},
	{what: "a variable between braces", old: "{warmup: 1s, steady: 5s}", new: "{steady: ${STEADY:-5s}}", at: "f.yaml:9:18", says: `not YAML: variable in brackets without quotes; expected ["${NAME}"]`},
	{what: "a variable as a key", old: "name:", new: "${NAME}: x\nname:", at: "f.yaml:1:1", says: `variable "${NAME}" as a key; expected variables in values only`},
	{what: "a file that includes itself", old: "name:", new: "include: f.yaml\nname:", at: "f.yaml:1:10", says: "f.yaml includes itself (f.yaml → f.yaml)"},
	{what: "files that include each other", old: "name:", new: "include: a.yaml\nname:", at: "b.yaml:1:10", says: "a.yaml → b.yaml → a.yaml"},
	{what: "an include that is not there", old: "name:", new: "include: missing.yaml\nname:", at: "f.yaml:1:10", says: `include: cannot read "missing.yaml"; expected a file (relative to f.yaml), a preset (graphql-ws, phoenix, signalr, socketio, stomp) or a built-in scenario`},
	{what: "an include misspelt", old: "name:", new: "include: ecko\nname:", at: "f.yaml:1:10", says: `did you mean "echo"?`},
	{what: "a mistake in a file that is included", old: "name:", new: "include: wrong.yaml\nname:", at: "wrong.yaml:2:3", says: `did you mean "seed"?`},
	{what: "an include of an include of …", old: "name:", new: "include: deep0.yaml\nname:", at: "deep4.yaml:1:10", says: "expected at most 6"},
	{what: "a file too large", old: "name:", new: "include: large.yaml\nname:", at: "large.yaml:1:1", says: "expected at most 262144"},
	{what: "a profile that is not there", at: "--profile releas", says: `did you mean "release"?`, options: scenarios.Options{Profile: "releas"}},
	{what: "a key that a profile cannot have", old: "phases:", new: "profiles: {ci: {pattern: push}}\nphases:", at: "f.yaml:9:17", says: `unknown key "pattern" in profiles.ci`},
	{what: "a flag with a key misspelt", at: "--set load.rat=1k/s", says: `did you mean "load.rate"?`, options: scenarios.Options{Set: []string{"load.rat=1k/s"}}},
	{what: "a network that loses more than it can", old: "phases:", new: "network: {stalls: 60%}\nphases:", at: "f.yaml:9:19", says: "expected a share such as 0.1%, up to 50%"},
	{what: "a share as a number", old: "phases:", new: "network: {stalls: 0.01}\nphases:", at: "f.yaml:9:19", says: "did you mean 1%?"},
	{what: "packet loss", old: "phases:", new: "network: {loss: 1%}\nphases:", at: "f.yaml:9:11", says: `did you mean "stalls"?`},
	{what: "resets of streams that cannot be reopened", old: "phases:", new: "network: {resets: 1s}\nphases:", at: "f.yaml:9:19", says: "network.resets without api: custom"},
	{what: "a slow reader behind a relay", old: "phases:", new: "network: {delay: 1ms}\nread: {rate: 1KiB/s}\nphases:", at: "f.yaml:9:10", says: "the buffers of the emulated network would hide the slow reader"},
	{what: "a flag with half a key", at: "--set rate=1k/s", says: `did you mean "load.rate"?`, options: scenarios.Options{Set: []string{"rate=1k/s"}}},
	{what: "a flag with a value that is wrong", at: "--set load.rate=5000", says: `load.rate: found "5000"; expected messages per second such as 500/s, 20k/s or 1.5M/s, from 0.001/s to 100M/s;`, options: scenarios.Options{Set: []string{"load.rate=5000"}}},
	{what: "a flag without a value", at: "--set load.rate", says: "expected KEY=VALUE such as load.rate=50k/s", options: scenarios.Options{Set: []string{"load.rate"}}},
	{what: "a flag that is not YAML", at: "--set load.connections=[1, 2", says: "load.connections: invalid YAML value; expected one such as `load.rate=50k/s` or `load.connections=[10, 100]`", options: scenarios.Options{Set: []string{"load.connections=[1, 2"}}},
}

// readTestFile returns the included files of the cases.
func readTestFile(path string) ([]byte, error) {
	files := map[string]string{
		"a.yaml": "include: b.yaml\n", "b.yaml": "include: a.yaml\n",
		"wrong.yaml": "load:\n  sead: 1\n",
		"f.yaml":     "include: f.yaml\n", "large.yaml": "# " + strings.Repeat("x", 256<<10) + "\n",
		"deep0.yaml": "include: deep1.yaml\n", "deep1.yaml": "include: deep2.yaml\n", "deep2.yaml": "include: deep3.yaml\n",
		"deep3.yaml": "include: deep4.yaml\n", "deep4.yaml": "include: deep5.yaml\n", "deep5.yaml": "{}\n",
	}
	if text, ok := files[path]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

func lookupTest(name string) (string, bool) {
	v, ok := map[string]string{"SECRET": "hunter2", "EMPTY": "", "N": "7", "EVIL": "1k/s\nname: other", "BRACES": "{a: [b]}"}[name]
	return v, ok
}

func TestMistakes(t *testing.T) {
	if len(mistakes) < 40 {
		t.Errorf("only %d mistakes", len(mistakes))
	}
	for _, m := range mistakes {
		t.Run(m.what, func(t *testing.T) {
			checkMistake(t, good, m)
		})
	}
}

// checkMistake makes a mistake in a valid scenario and checks the message.
func checkMistake(t *testing.T, good string, m mistake) {
	text := m.new
	if m.old != "" || m.new == "" {
		if text = strings.Replace(good, m.old, m.new, 1); text == good && m.old != "" {
			t.Fatalf("there is no %q", m.old)
		}
	}
	m.options.Read, m.options.Lookup = readTestFile, lookupTest
	_, err := scenarios.ParseWith("f.yaml", []byte(text), m.options)
	var problems scenarios.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	if shown := strings.ReplaceAll(err.Error(), "${NONE:-hunter2}", ""); strings.Contains(shown, "hunter2") {
		t.Errorf("it tells the secret: %v", err)
	}
	t.Log(problems)
	for _, p := range problems {
		if s := p.String(); strings.HasPrefix(s, m.at+": ") && strings.Contains(s, m.says) {
			return
		}
	}
	t.Errorf("expected %s: … %s", m.at, m.says)
}

// checkErrors parses texts between head and tail. The error must contain the text's value; if that is empty, there is none.
func checkErrors(t *testing.T, head, tail string, wants map[string]string) {
	t.Helper()
	for text, want := range wants {
		_, err := scenarios.Parse("test.yaml", []byte(head+text+tail))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Unusual but valid scenarios.
func TestNoMistakes(t *testing.T) {
	for what, text := range map[string]string{
		"a trailing comma in JSON": `{"name": "a", "pattern": ["echo",], "load": {"rate": "1k/s",},}`,
		"Norway":                   "name: no\npattern: echo\nload: {rate: 1k/s}\n",
		"Windows line ends":        strings.ReplaceAll(good, "\n", "\r\n"),
		"a byte order mark":        "\ufeff" + good,
		"a document's marks":       "---\n" + good + "...\n",
		"a dollar":                 "about: costs $5\n" + good,
	} {
		if _, err := scenarios.Parse("f", []byte(text)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	s := parse(t, "{name: a, pattern: echo, load: {rate: 1k/s}, payload: {size: [1KB, 1KiB]}}")
	if s.Cells()[0].Size != 1000 || s.Cells()[len(s.Protocols)].Size != 1024 {
		t.Errorf("sizes %v", s.Cells())
	}
}
