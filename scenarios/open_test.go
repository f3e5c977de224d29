package scenarios_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rtbench/proto"
	"rtbench/scenarios"
)

func TestBuiltins(t *testing.T) {
	if diff := cmp.Diff([]string{
		"bulk-upload", "burst", "capacity", "chat", "churn", "collaboration", "echo", "equal-load", "equal-load-fanout", "fanout", "floor", "game", "gate", "guide", "head-of-line", "idle", "llm", "microservice-pipeline", "notifications",
		"oracle", "oracle-storm", "oracle-tokens", "progress", "push", "rooms", "slow-reader", "storm", "ticker", "upload",
	}, scenarios.Names()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	for _, name := range scenarios.Names() {
		s, err := scenarios.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || s.About == "" {
			t.Errorf("%s: has name %q and about %q", name, s.Name, s.About)
		}
		if text, ok := scenarios.Builtin(name); !ok || !bytes.Equal(text, s.Source) {
			t.Errorf("%s: the text is not the scenario's source", name)
		}
		special := map[string]bool{"burst": true, "capacity": true, "churn": true, "equal-load": true, "equal-load-fanout": true, "floor": true, "gate": true, "guide": true, "head-of-line": true, "idle": true, "oracle": true, "oracle-storm": true, "oracle-tokens": true, "slow-reader": true}
		all := s.API == "guide" || len(s.Protocols) == len(proto.ComparedProtocols())
		if !special[name] && (!all || s.Repetitions != 3 || s.Steady != 3*time.Second) {
			t.Errorf("%s: %v, %d repetitions, %+v", name, s.Protocols, s.Repetitions, []time.Duration{s.Warmup, s.Steady, s.Drain})
		}
	}
}

func TestGuideSuite(t *testing.T) {
	s, err := scenarios.Open("guide")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range s.Cells() {
		ids = append(ids, c.ID())
		if c.Rate != 4000 || c.Connections != 16 || c.Size != 128 || c.Encoding != "text" {
			t.Errorf("cell %+v", c)
		}
	}
	var want []string
	for _, pattern := range []string{"echo", "push"} {
		for _, stack := range []string{"stock", "lean"} {
			for _, protocol := range []string{"tcp", "websocket", "sse", "grpc"} {
				want = append(want, pattern+"/"+protocol+"/stack="+stack)
			}
		}
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Repetitions != 7 || s.Warmup != 250*time.Millisecond || s.Steady != 500*time.Millisecond || s.Drain != time.Second {
		t.Errorf("%d repetitions, %+v", s.Repetitions, []time.Duration{s.Warmup, s.Steady, s.Drain})
	}
}

// The reference names every key of the language.
func TestReferenceHasEveryKey(t *testing.T) {
	text := scenarios.Reference()
	s, err := scenarios.Parse("reference.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := scenarios.Builtin(s.Name); ok {
		t.Error("the reference is a built-in scenario")
	}
	_, err = scenarios.Parse("f", []byte("{x: 1, load: {x: 1, stages: [{x: 1}]}, payload: {x: 1}, phases: {x: 1}}"))
	var problems scenarios.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	checked := 0
	for _, p := range problems {
		_, keys, found := strings.Cut(p.Message, "; expected one of ")
		if !found || !strings.HasPrefix(p.Message, "unknown key") {
			continue
		}
		for key := range strings.SplitSeq(keys, ", ") {
			checked++
			if !bytes.Contains(text, []byte(key+": ")) && !bytes.Contains(text, []byte(key+":\n")) {
				t.Errorf("key %s is not in the reference", key)
			}
		}
	}
	if checked < 25 {
		t.Errorf("only %d keys checked", checked)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	good, long := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "long.yaml")
	write := func(path string, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(good, []byte("{name: good, pattern: echo, load: {rate: 1k/s}}"))
	write(long, make([]byte, 1<<20))
	if s, err := scenarios.Open(good); err != nil || s.Name != "good" || s.File != good {
		t.Errorf("got %+v, %v", s, err)
	}
	for path, want := range map[string]string{
		"ecko":                      `no scenario "ecko"; expected a file or a built-in scenario: bulk-upload, burst, capacity, chat, churn, collaboration, echo, equal-load, equal-load-fanout, fanout, floor, game, gate, guide, head-of-line, idle, llm, microservice-pipeline, notifications, oracle, oracle-storm, oracle-tokens, progress, push, rooms, slow-reader, storm, ticker, upload; did you mean "echo"?`,
		"":                          `no scenario ""`,
		dir:                         "not a regular file",
		long:                        "expected at most 262144",
		good + "/deeper":            "opening a scenario",
		"../scenarios/upload":       "../scenarios/upload: no such file; expected a scenario in YAML, or the name of a built-in one (see `rtbench scenario list`); did you mean ../scenarios/upload.yaml?",
		"nul\x00byte":               "opening a scenario",
		"reference":                 "no scenario",
		"testdata/bad/missing.yaml": "testdata/bad/missing.yaml:1:1: name is missing",
	} {
		if _, err := scenarios.Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, expected %s", path, err, want)
		}
	}
}
