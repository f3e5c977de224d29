//go:build linux

package acceptance

import (
	"regexp"
	"strings"
	"testing"

	"rtbench/loadgen/foreign"
)

// A time to the first message that is not known has its reason beside the table: it may have
// come before receiving began, nothing came, or there are too few of them.
func TestFirstMessageWithoutATime(t *testing.T) {
	t.Parallel()
	server := foreign.Start(t, "fastapi")
	const text = `name: feed
target: {sse: "%s"}
pattern: push
load: {connections: 4}
phases: {warmup: 100ms, steady: 500ms, drain: 100ms}
`
	s := newSession(t, map[string]string{
		"feed.yaml":  strings.Replace(text, "%s", server.URL("http", "/events"), 1),
		"quiet.yaml": strings.Replace(text, "%s", server.URL("http", "/events?session=nobody"), 1),
	})
	o := s.rtbench("run", "feed.yaml", "--quiet", "--out", "feed")
	a := o.result("feed").Cells[0].Repetitions[0].Arrivals
	if got := uint64(a.First.Count()) + a.Untimed; got != 4 || a.Silent != 0 {
		t.Fatalf("%d first messages timed, %d not, %d streams silent, want 4 streams", a.First.Count(), a.Untimed, a.Silent)
	}
	for why, want := range map[string]bool{
		`sse: first message not timed on (all 4|\d of 4) streams: it may have come before receiving began`: a.Untimed > 0,
		`\d first messages, one a stream, are too few for a p99, which needs 368`:                          a.First.Count() > 0,
	} {
		if regexp.MustCompile(why).MatchString(o.Stdout) != want {
			t.Errorf("%s: want %v in\n%s", why, want, o.Stdout)
		}
	}
	md := s.rtbench("report", "feed", "--format", "md").wantCode(0)
	if !strings.Contains(md.Stdout, "- sse: ") {
		t.Errorf("no reason in\n%s", md.Stdout)
	}
	o = s.rtbench("run", "quiet.yaml", "--quiet", "--out", "quiet")
	if a := o.result("quiet").Cells[0].Repetitions[0].Arrivals; a == nil || a.Silent != 4 {
		t.Errorf("%+v, want 4 silent streams", a)
	}
}
