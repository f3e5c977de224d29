package report

import (
	"strings"
	"testing"

	"rtbench/report/claims"
	"rtbench/report/result"
)

func TestAdviceSaysHereOnce(t *testing.T) {
	browser := &result.Probe{Name: "browser", Missing: "no browser was found: install one"}
	e := &result.Evidence{Probes: map[string]*result.Probe{"browser": browser}}
	for _, protocol := range []string{"websocket", "grpc"} {
		leaf := &claims.Step{Advice: "the advice", Protocols: []string{protocol}, Premises: []string{"browser/" + protocol}}
		var out strings.Builder
		if err := Advice(&out, Inquiry{End: leaf, Answers: claims.Answers{"browser": true}, Dir: "ev", Evidence: e}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, "is not testable here\n") || strings.Contains(got, "here here") {
			t.Errorf("%s:\n%s", protocol, got)
		}
	}
}
