package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rtbench/report/result"
)

// A run that measured something in one repetition has not failed to connect.
func TestRunErrorWithOneMeasuredRepetition(t *testing.T) {
	none := &result.Repetition{Error: "no stream could be opened", Counters: result.Counters{Unopened: 4, Refused: map[string]uint64{"connection refused": 9}}}
	some := &result.Repetition{Counters: result.Counters{Recorded: 5}, Validity: result.Validity{Discarded: true}}
	none.Validity.Discarded = true
	code := func(list ...*result.Repetition) (int, string) {
		err := runError(&result.Result{Cells: []*result.Cell{{Repetitions: list}}})
		var coded exitCodeError
		if !errors.As(err, &coded) {
			t.Fatalf("%v has no exit code", err)
		}
		return coded.code, err.Error()
	}
	if got, text := code(none, none); got != exitFailed || !strings.Contains(text, "is the server running") {
		t.Errorf("%d: %s", got, text)
	}
	refused := &result.Repetition{Error: "agent a: bearer.file: open x: no such file or directory", NotBegun: true}
	if got, text := code(refused); got != exitFailed || text != refused.Error {
		t.Errorf("%d: %s", got, text)
	}
	if got, text := code(some, none); got != exitInvalid || strings.Contains(text, "no stream") {
		t.Errorf("%d: %s", got, text)
	}
}

// Bounds fail a run only with --strict.
func TestStrictRun(t *testing.T) {
	bounded := result.Validity{
		Findings: []result.Finding{{Word: result.Limited, Reason: "messages were sent late", Unusable: []string{"p99"}, AtMost: true}}, Unusable: []string{"p99"}, AtMost: []string{"p99"},
	}
	res := &result.Result{Cells: []*result.Cell{{ID: "x/echo/tcp", Repetitions: []*result.Repetition{{
		Validity: bounded, Counters: result.Counters{Recorded: 1000}, Phases: result.Phases{Steady: time.Second},
	}}}}}
	if err := (viewFlags{}).runError(res); err != nil {
		t.Errorf("not strict: %v", err)
	}
	err := viewFlags{strict: true}.runError(res)
	var coded exitCodeError
	if !errors.As(err, &coded) || coded.code != exitInvalid || !strings.Contains(err.Error(), "p99 of x/echo/tcp, repetition 1,") {
		t.Errorf("strict: %v", err)
	}
}
