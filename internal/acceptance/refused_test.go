//go:build linux

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
)

// If no stream can be opened, every format has the classes of the attempts and their counts,
// which are the server's.
func TestRefusedAttemptsAreInEveryFormat(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*foreign.Server{"python-websockets": foreign.Start(t, "python-websockets"), "nobody": nil} {
		url, class := "ws://"+freeAddress(t)+"/a", "connection refused"
		if server != nil {
			url, class = server.URL("ws", "/nowhere"), "HTTP status 404"
		}
		s := newSession(t, nil)
		r, o := s.runScenario(t, `name: s
target: {websocket: "`+url+`"}
pattern: echo
load: {rate: 10/s, connections: 3}
phases: {connect: 1s, warmup: 0s, steady: 500ms, drain: 100ms}
`)
		o.wantCode(1)
		if r.OtherPhases.Connect == nil || r.Counters.Unopened != 3 {
			t.Fatalf("%s: %+v", name, r)
		}
		count := r.OtherPhases.Connect.Refused[class]
		if count < 3 || len(r.OtherPhases.Connect.Refused) != 1 {
			t.Errorf("%s: refused %v", name, r.OtherPhases.Connect.Refused)
		}
		if server != nil {
			if l := server.Ledger(t); uint64(l.Refused["404"]) != count {
				t.Errorf("%d attempts, the server refused %v", count, l.Refused)
			}
		}
		want := fmt.Sprintf("%d × %s", count, class)
		html, err := os.ReadFile(filepath.Join(s.Dir, "r", "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"html": string(html)}
		for _, format := range []string{"text", "csv", "junit", "md"} {
			texts[format] = s.rtbench("report", "r", "--format", format).Stdout
		}
		for format, text := range texts {
			if !strings.Contains(text, want) {
				t.Errorf("%s, %s has no %q", name, format, want)
			}
		}
	}
}
