package cli

import (
	"errors"
	"strings"
	"testing"

	"rtbench/loadgen"
	"rtbench/report/result"
)

func TestNextStep(t *testing.T) {
	for _, c := range []struct{ class, target, want string }{
		{"TLS: unknown authority", "wss://h/", "--cacert"},
		{"not TLS", "wss://h/", "try ws://"},
		{"not TLS", "grpcs://h/", "try grpc://"},
		{"connection closed by the server", "ws://h/", "try wss://"},
		{"connection closed by the server", "wss://h/", ""},
		{"TLS: no ALPN protocol in common", "grpcs://h/", "offer h2 by ALPN"},
		{"no HTTP/2 (ALPN)", "https://h/", "offer h2 by ALPN"},
		{"HTTP status 401", "https://h/", "--bearer-env"},
		{"something else", "ws://h/", ""},
	} {
		if got := hint(c.class, c.target); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s at %s: %q, want %q", c.class, c.target, got, c.want)
		}
	}
}

// Where a repetition has measured something, not even one after it that could open nothing
// makes the run one that measured nothing.
func TestOneRepetitionThatOpened(t *testing.T) {
	none := &result.Repetition{Error: "no stream could be opened", Counters: result.Counters{Unopened: 4, Refused: map[string]uint64{"connection refused": 9}}}
	some := &result.Repetition{Counters: result.Counters{Recorded: 5}, Validity: result.Validity{Verdict: result.Invalid}}
	none.Validity.Verdict = result.Invalid
	code := func(list ...*result.Repetition) (int, string) {
		err := runError(&result.Result{Cells: []*result.Cell{{Repetitions: list}}})
		var coded exitCodeError
		if !errors.As(err, &coded) {
			t.Fatalf("%v has no exit code", err)
		}
		return coded.code, err.Error()
	}
	if got, text := code(none, none); got != exitFailed || !strings.Contains(text, "nothing listens there") {
		t.Errorf("%d: %s", got, text)
	}
	if got, text := code(some, none); got != exitInvalid || strings.Contains(text, "nothing") {
		t.Errorf("%d: %s", got, text)
	}
}

// A connection that ends in a step was a stream: the steps are in doubt, and not TLS.
func TestNextStepOfStep(t *testing.T) {
	for class, want := range map[string]string{
		"step wait: connection closed by the server":  streamEndedHint,
		"step subscribe: connection reset":            streamEndedHint,
		"step wait: timeout":                          "",
		"connection closed by the server":             "may speak TLS",
		"connection refused":                          "nothing listens there",
		"step authenticate: gRPC Unavailable: anyhow": "",
	} {
		res := &result.Result{Cells: []*result.Cell{{
			Config:      result.Config{Target: "ws://h/"},
			Repetitions: []*result.Repetition{{Counters: result.Counters{Refused: map[string]uint64{class: 3}}}},
		}}}
		if got := resultHint(res); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
}

func TestAsFlags(t *testing.T) {
	text := "a:\nmessages:\n  - '{}'\nsteps:\n  - subscribe: '{}'\n"
	for message, want := range map[string]string{
		"bench:3, line 1, column 2 of the message: no field": "--message: line 1, column 2 of the message: no field",
		"bench:5: wrong":                                               "--subscribe: wrong",
		"bench: match: path idd: no field":                             "--match: path idd: no field",
		"target.tls.ca: open x: no such file":                          "--cacert: open x: no such file",
		"asking h:1 for a.B/C: no reflection: give `proto:` files (x)": "asking h:1 for a.B/C: no reflection: give its .proto files with --proto FILE (x)",
	} {
		err := explainInvalid(&loadgen.InvalidError{Scenario: "bench", Err: errors.New(message)}, text)
		var coded exitCodeError
		if !errors.As(err, &coded) || coded.code != exitScenario || err.Error() != want {
			t.Errorf("%s: got %v, want %s", message, err, want)
		}
	}
	other := errors.New("bench: match: it is no mistake of the scenario")
	if got := explainInvalid(other, text); !errors.Is(got, other) || got.Error() != other.Error() {
		t.Errorf("got %v", got)
	}
}
