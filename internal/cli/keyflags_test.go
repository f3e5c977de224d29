package cli

import (
	"errors"
	"testing"

	"rtbench/loadgen"
)

func TestInFlags(t *testing.T) {
	for message, want := range map[string]string{
		"target.headers.Authorization: found a literal secret; expected ${NAME}, a variable": "--header Authorization: found a literal secret" + singleQuotes,
		"target.websocket.url: no URL; expected":                                             "URL: no URL; expected",
		"target.grpc.proto[0]: found":                                                        "--proto: found",
		"messages is missing; expected":                                                      "--message is missing; expected",
		"load.rate with pattern push":                                                        "--rate with pattern push",
		"variable A is not set":                                                              "variable A is not set",
		"steps[0].subscribe: wrong":                                                          "--subscribe: wrong",
		"":                                                                                   "",
	} {
		if got := nameFlags(message); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
}

func TestAsFlags(t *testing.T) {
	text := "a:\nmessages:\n  - '{}'\nsteps:\n  - subscribe: '{}'\n"
	for message, want := range map[string]string{
		"bench:3, line 1, column 2 of the message: no field": "--message: line 1, column 2 of the message: no field",
		"bench:5: wrong":                      "--subscribe: wrong",
		"bench: match: path idd: no field":    "--match: path idd: no field",
		"target.tls.ca: open x: no such file": "--cacert: open x: no such file",
		"asking h:1 for a.B/C: no reflection; set `proto:` to its .proto files (x)": "asking h:1 for a.B/C: no reflection; set --proto to its .proto files (x)",
	} {
		err := explainInvalid(&loadgen.InvalidError{Scenario: "bench", Err: errors.New(message)}, text)
		var coded exitCodeError
		if !errors.As(err, &coded) || coded.code != exitScenario || err.Error() != want {
			t.Errorf("%s: got %v, want %s", message, err, want)
		}
	}
	other := errors.New("bench: match: not an error in the scenario")
	if got := explainInvalid(other, text); !errors.Is(got, other) || got.Error() != other.Error() {
		t.Errorf("got %v", got)
	}
}
