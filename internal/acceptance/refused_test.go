//go:build linux

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/testserver/thirdparty"
)

// If no stream can be opened, every format lists the attempts by class, and the server's count
// agrees.
func TestRefusedAttemptsAreInEveryFormat(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*thirdparty.Server{"python-websockets": thirdparty.Start(t, "python-websockets"), "nobody": nil} {
		url, class := "ws://"+freeAddress(t)+"/a", "connection refused"
		if server != nil {
			url, class = server.URL("ws", "/nowhere"), "HTTP status 404"
		}
		s := newSession(t, nil)
		r, o := s.measure(scenario{
			target: fmt.Sprintf("websocket: %q", url), load: "rate: 10/s, connections: 3",
			phases: "connect: 1s, warmup: 0s, steady: 500ms, drain: 100ms",
		})
		o.wantCode(1)
		if r.OtherPhases.Connect == nil || r.Counters.Unopened != 3 {
			t.Fatalf("%s: %+v", name, r)
		}
		refused := r.OtherPhases.Connect.Refused
		count := refused[class]
		late := refused["timeout"] // the phase may end during an attempt
		delete(refused, "timeout")
		if count < 3 || len(refused) != 1 {
			t.Errorf("%s: refused %v", name, refused)
		}
		if server != nil {
			if n := uint64(server.Ledger(t).Refused["404"]); n < count || n > count+late {
				t.Errorf("%d attempts failed and %d timed out, the server refused %d", count, late, n)
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
