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
		if err := Advice(&out, Inquiry{End: leaf, Answers: claims.Answers{"browser": true}, Found: claims.Find(e, claims.Situation{}), Dir: "ev", Evidence: e}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, "is not testable here\n") || strings.Contains(got, "here here") {
			t.Errorf("%s:\n%s", protocol, got)
		}
	}
}

// Advice names the protocols that fit before measurements overrule some of them.
func TestAdviceNamesWhatFits(t *testing.T) {
	for _, c := range []struct {
		fit, chosen []string
		want        string
	}{
		{[]string{"grpc"}, []string{"grpc"}, ""},
		{[]string{"websocket"}, []string{"websocket"}, "In a browser, only WebSocket fits: the guide's table says browser/grpc \"limited\", which is not measured here yet.\n"},
		{
			[]string{"websocket", "sse"},
			[]string{"sse"},
			"In a browser, only WebSocket or Server-Sent Events fits: the guide's table says browser/grpc \"limited\", which is not measured here yet.\n" +
				"Overruled by measurements here: Server-Sent Events is ahead of WebSocket.\n",
		},
		{[]string{"grpc"}, []string{"websocket"}, "Overruled by measurements here: WebSocket is ahead of gRPC streaming.\n"},
	} {
		choice := claims.Choice{Guide: &claims.Step{Protocols: []string{"grpc"}}, Fit: c.fit, Protocols: c.chosen}
		if c.fit[0] != "grpc" {
			cell, _ := claims.CellByID("browser/grpc")
			choice.Objections = []claims.Objection{{Requirement: claims.Requirements[1], Cell: cell}}
		}
		var out strings.Builder
		(&printer{w: &out}).printChoice(choice)
		if out.String() != c.want {
			t.Errorf("%v of %v:\n%swant\n%s", c.chosen, c.fit, out.String(), c.want)
		}
	}
}
