package scenarios_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rtbench/scenarios"
)

func parseWith(t *testing.T, text string, o scenarios.Options) *scenarios.Scenario {
	t.Helper()
	if o.Lookup == nil {
		o.Lookup = lookupTest
	}
	s, err := scenarios.ParseWith("test.yaml", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Flags override the profile, which overrides the file, which overrides included files, later ones
// first.
func TestOverrideOrder(t *testing.T) {
	files := map[string]string{
		"first.yaml":      "load: {rate: 1k/s, connections: 1, streams: 2, seed: 1}\nprotocols: grpc\nrepetitions: 1\n",
		"sub/second.yaml": "include: third.yaml\nload: {rate: 2k/s, connections: 2}\n",
		"sub/third.yaml":  "load: {seed: 3}\npattern: push\nname: third\n",
	}
	o := scenarios.Options{
		Profile: "mine", Set: []string{"load.rate=5k/s", "thresholds=[lost == 0, p(99) < 5ms]"},
		Read: func(path string) ([]byte, error) {
			if text, ok := files[filepath.ToSlash(path)]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		},
	}
	s := parseWith(t, `
include: [first.yaml, sub/second.yaml]
name: mine
load: {rate: 3k/s}
phases: {steady: 3s}
profiles:
  mine: {load: {rate: 4k/s}, phases: {warmup: 4s}}
`, o)
	got := fmt.Sprint(s.Name, s.Pattern, s.Rate, s.Connections, s.Streams, s.Seed, s.Steady, s.Warmup, s.Repetitions, len(s.Thresholds))
	if want := "minepush5000 2 2 3 3s 4s 1 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, want := range []string{"# with --profile mine\n", "# with --set load.rate=5k/s\n", "# included: sub/third.yaml\n", "#   pattern: push\n"} {
		if !bytes.Contains(s.Source, []byte(want)) {
			t.Errorf("the source does not say %q:\n%s", want, s.Source)
		}
	}
	if _, err := scenarios.ParseWith("test.yaml", s.Source, scenarios.Options{Read: o.Read}); err != nil {
		t.Errorf("the source is no longer a scenario: %v", err)
	}
}

func TestIncludeABuiltin(t *testing.T) {
	s := parseWith(t, "{include: fanout, name: mine, load: {connections: [10, 20]}}", scenarios.Options{})
	if s.Name != "mine" || s.Pattern != "fanout" || s.Rate != 100 || len(s.Cells()) != 2*len(s.Protocols) || s.Include[0] != "fanout" {
		t.Errorf("%+v", s)
	}
}

func TestIncludesAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": "include: deep/b.yaml\nname: a\n", "deep/b.yaml": "include: c.yaml\n", "deep/c.yaml": "include: echo\nrepetitions: 9\n"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := scenarios.Open(filepath.Join(dir, "a.yaml")); err != nil || s.Repetitions != 9 || s.Pattern != "echo" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestBuiltinProfiles(t *testing.T) {
	text := "{name: a, pattern: echo, load: {rate: 1k/s}, repetitions: 5, phases: {steady: 4s, drain: 3s}}"
	for profile, want := range map[string]string{
		"quick": "1 100ms 500ms 3s", "ci": "3 250ms 1s 1s", "release": "7 1s 10s 3s", "": "5 1s 4s 3s",
	} {
		s := parseWith(t, text, scenarios.Options{Profile: profile})
		if got := fmt.Sprint(s.Repetitions, s.Warmup, s.Steady, s.Drain); got != want {
			t.Errorf("%s: got %s, want %s", profile, got, want)
		}
	}
	s := parseWith(t, strings.TrimSuffix(text, "}")+", profiles: {ci: {repetitions: 2}}}", scenarios.Options{Profile: "ci"})
	if s.Repetitions != 2 || s.Steady != 4*time.Second || !slices.Equal(s.Profiles, []string{"ci"}) {
		t.Errorf("a profile of its own: %+v", s)
	}
	s = parseWith(t, "{name: a, pattern: echo, load: {rate: 1k/s, stages: [{over: 9s, to: 2k/s}]}}", scenarios.Options{Profile: "ci"})
	if s.Steady != 9*time.Second {
		t.Errorf("stages do not keep their length: %v", s.Steady)
	}
}

func TestVariables(t *testing.T) {
	s := parseWith(t, `
name: ${NAME:-mine}
about: 'costs $$5 and ${EVIL_DEFAULT:-a: [b]}, "${N}"'
pattern: ${EMPTY:-echo}
protocols: ["${P:-tcp}", "${Q:-grpc}"]
load: {rate: "${RATE:-1k/s}", connections: "${N}"}
tls: ${T:-false}
thresholds: p(99) < ${LIMIT:-5}ms
`, scenarios.Options{})
	got := fmt.Sprint(s.Name, s.Pattern, s.Protocols, s.Rate, s.Connections, s.TLS, s.Thresholds[0].Condition)
	if want := "mineecho[tcp grpc] 1000 7 falsep(99) < 5ms"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := `costs $5 and a: [b], "7"`; s.About != want {
		t.Errorf("about is %q, want %q", s.About, want)
	}
	if want := "NAME EVIL_DEFAULT N EMPTY P Q RATE T LIMIT"; strings.Join(s.Variables, " ") != want {
		t.Errorf("variables %v, want %s", s.Variables, want)
	}
	if bytes.Contains(s.Source, []byte("7")) {
		t.Errorf("the source holds what was put in:\n%s", s.Source)
	}
}

// The value of a variable stays a scalar.
func TestVariablesInjectNothing(t *testing.T) {
	for _, text := range []string{
		"{name: a, pattern: echo, load: {rate: \"${EVIL}\"}}", "{name: a, pattern: echo, load: \"${BRACES}\"}",
		"name: a\npattern: echo\nload:\n  rate: ${EVIL}\n",
	} {
		_, err := scenarios.ParseWith("f", []byte(text), scenarios.Options{Lookup: lookupTest})
		if err == nil {
			t.Errorf("%s: accepted", text)
			continue
		}
		if strings.Contains(err.Error(), "other") || strings.Contains(err.Error(), "[b]") {
			t.Errorf("it tells what a variable holds: %v", err)
		}
	}
}

// Results would contain a token in a path.
func TestNoSecretInAPath(t *testing.T) {
	text := "{name: a, api: guide, pattern: push, path: \"/stream/user?token=${SECRET}\", load: {rate: 1/s}}"
	_, err := scenarios.ParseWith("f", []byte(text), scenarios.Options{Lookup: lookupTest})
	if err == nil || !strings.Contains(err.Error(), "RTBENCH_TOKEN") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestPlan(t *testing.T) {
	p := parse(t, "{name: a, protocols: [tcp, sse], pattern: [echo, fanout], load: {rate: 100/s, connections: [1, 10]}, payload: {size: 100, encoding: text}, phases: {warmup: 1s, steady: 4s, drain: 1s}, repetitions: 2}").Plan()
	// 2 protocols × 2 repetitions × 5 s × 100/s: echo twice (for 1 and 10), fanout to 1 and to 10.
	const each = 2 * 2 * 500
	if p.Cells != 8 || p.Messages != each*(2+11) || p.BytesUp != 100*each*2 || p.BytesDown != 100*each*13 || p.Streams != 10 || p.Connections != 10 {
		t.Errorf("%+v", p)
	}
	if p.Takes != 16*(5*time.Second+200*time.Millisecond) || p.AtMost != p.Takes+16*time.Second || p.Files != 20+64 || len(p.MemoryUnknown) != 0 {
		t.Errorf("%+v", p)
	}
	p = parse(t, "{name: a, protocols: grpc, pattern: push, load: {rate: 1k/s, stages: [{over: 2s, to: 3k/s}]}, phases: {warmup: 0s}}").Plan()
	if p.Messages != 4000 || p.BytesUp != 0 || p.MemoryUnknown[0] != "grpc" {
		t.Errorf("%+v", p)
	}
}

// Files of the maximum size parse quickly: unknown keys, a long list, variables, many included
// files.
func TestLongFilesAreQuick(t *testing.T) {
	lines := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < 255<<10; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for what, text := range map[string]string{
		"keys": lines("kez%d: 1\n"), "values": "load:\n  connections:\n" + lines("    - %d\n"), "variables": "about:\n" + lines("  - ${A%d:-x}\n"),
		"brackets": lines("[%d"), "set": "include: long.yaml\n",
		"messages": "match: header\nmessages:\n" + lines("  - {a%d: 1}\n"), "templates": "match: header\nmessages:\n" + lines("  - '{{.Seq}}%d'\n"),
		"json": "messages:\n  json:\n" + lines("    a%d: ['{{.Seq}}']\n"), "steps": "steps:\n" + lines("  - {wait%d: x}\n"),
		"headers": "target:\n  headers:\n" + lines("    key%d: x\n"), "wrong templates": "messages:\n" + lines("  - '{{.Sek}}%d'\n"),
	} {
		started := time.Now()
		_, err := scenarios.ParseWith("f.yaml", []byte(text), scenarios.Options{
			Set: []string{"load.seed=1"}, Read: func(string) ([]byte, error) { return []byte(lines("kez%d: 1\n")), nil },
		})
		if err == nil {
			t.Errorf("%s: accepted", what)
		}
		t.Logf("%s: %v", what, time.Since(started))
	}
}
