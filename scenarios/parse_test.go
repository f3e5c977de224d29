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
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rtbench/internal/golden"
	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/spec"
)

func TestBadScenariosGiveAllProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d bad scenarios: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = scenarios.Parse(filepath.Base(file), data)
			if err == nil {
				t.Fatal("accepted")
			}
			checkProblems(t, err)
			golden.Check(t, strings.TrimSuffix(file, ".yaml")+".golden", err.Error()+"\n")
		})
	}
}

// checkProblems holds for all errors of Parse: they are Problems in order, each with a position
// and one line of text.
func checkProblems(t interface{ Fatalf(string, ...any) }, err error) {
	var problems scenarios.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("error is %T, expected Problems", err)
	}
	for i, p := range problems {
		if p.Line < 1 || p.Column < 1 || p.Message == "" || strings.ContainsAny(p.Message, "\n\x00") {
			t.Fatalf("problem without a place or a line of text: %#v", p)
		}
		if i > 0 && (p.Line < problems[i-1].Line || p.Line == problems[i-1].Line && p.Column < problems[i-1].Column) {
			t.Fatalf("problems out of order: %v", problems)
		}
	}
}

func TestParseRejectsLongFiles(t *testing.T) {
	_, err := scenarios.Parse("long.yaml", bytes.Repeat([]byte("["), 256<<10+1))
	if err == nil || !strings.Contains(err.Error(), "262145 bytes; expected at most 262144") {
		t.Fatalf("got %v", err)
	}
}

func TestDefaults(t *testing.T) {
	source := "name: least\npattern: echo\nload: {rate: 1k/s}\n"
	got, err := scenarios.Parse("least.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	want := &scenarios.Scenario{
		Name: "least", Protocols: proto.ComparedProtocols(), Repetitions: 1, File: "least.yaml", Source: []byte(source),
		Config: scenarios.Cell{
			API: "reference", Pattern: "echo", Model: "open", Arrivals: "constant", Rate: 1000, Connections: 1, Streams: 1, Seed: 1,
			Size: 128, Encoding: "binary", Warmup: time.Second, Steady: 5 * time.Second, Drain: 2 * time.Second,
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(scenarios.Threshold{}, scenarios.Scenario{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStagesFillTheSteadyPhase(t *testing.T) {
	for _, phases := range []string{"", "phases: {steady: 3s}\n"} {
		s, err := scenarios.Parse("f", []byte(phases+"name: a\npattern: push\nload: {rate: 1k/s, stages: [{over: 1s, to: 2k/s}, {over: 2s, to: 1k/s}]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Steady != 3*time.Second {
			t.Errorf("steady is %v, expected 3s", s.Steady)
		}
	}
}

func TestRateRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.OneOf(
			rapid.Float64Range(1e-3, 1e8),
			rapid.Map(rapid.IntRange(1, 100_000_000), func(n int) float64 { return float64(n) }),
		).Draw(t, "rate")
		text := spec.FormatRate(r)
		s, err := scenarios.Parse("f", []byte("{name: a, pattern: echo, load: {rate: "+text+"}}"))
		if err != nil {
			t.Fatalf("%v is written %s: %v", r, text, err)
		}
		if got := s.Rate; got != r {
			t.Fatalf("%v is written %s, which is read %v", r, text, got)
		}
	})
}

func TestFormatRateIsShort(t *testing.T) {
	for r, want := range map[float64]string{500: "500/s", 20_000: "20k/s", 1_500_000: "1.5M/s", 0.5: "0.5/s", 999: "999/s"} {
		if got := spec.FormatRate(r); got != want {
			t.Errorf("%v is written %s, expected %s", r, got, want)
		}
	}
}
