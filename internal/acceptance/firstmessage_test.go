//go:build linux

package acceptance

import (
	"regexp"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
)

// If the time to the first message is unknown, the table gives the reason: the message may have
// arrived before receiving started, none arrived, or there are too few.
func TestFirstMessageWithoutATime(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "fastapi")
	feed := func(path string) scenario {
		return scenario{pattern: "push", target: eventsTarget(server, path), load: "connections: 4", phases: "warmup: 100ms, steady: 500ms, drain: 100ms"}
	}
	s := newSession(t, nil)
	r, o := s.measure(feed("/events"))
	a := r.Arrivals
	if got := uint64(a.First.Count()) + a.Untimed; got != 4 || a.Silent != 0 {
		t.Fatalf("%d first messages timed, %d not, %d streams silent, want 4 streams", a.First.Count(), a.Untimed, a.Silent)
	}
	for why, want := range map[string]bool{
		`sse: first message not timed on (all 4|\d of 4) streams: it may have arrived before all streams were open`: a.Untimed > 0,
		`\d first messages .one per stream. are too few for p99, which needs 368`:                                   a.First.Count() > 0,
	} {
		if regexp.MustCompile(why).MatchString(o.Stdout) != want {
			t.Errorf("%s: want %v in\n%s", why, want, o.Stdout)
		}
	}
	md := s.rtbench("report", "r", "--format", "md").wantCode(0)
	if !strings.Contains(md.Stdout, "- sse: ") {
		t.Errorf("no reason in\n%s", md.Stdout)
	}
	r, _ = newSession(t, nil).measure(feed("/events?session=nobody"))
	if a := r.Arrivals; a == nil || a.Silent != 4 {
		t.Errorf("%+v, want 4 silent streams", a)
	}
}
