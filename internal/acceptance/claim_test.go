//go:build linux

package acceptance

import (
	"slices"
	"strings"
	"testing"
)

// Runs that start within one second do not share a directory.
func TestRunsStartedInTheSameSecond(t *testing.T) {
	t.Parallel()
	server := newEventServer(t, func(*eventServer, int) {})
	s := newSession(t, nil)
	const runs = 4
	var ended []<-chan outcome
	for range runs {
		ended = append(ended, s.start(s.command("bench", server.URL, "-c", "1", "-d", "100ms", "--repetitions", "1", "-q")))
	}
	for _, end := range ended {
		<-end // regardless of the verdict on 100 ms
	}
	dirs := slices.DeleteFunc(s.entries("results"), func(name string) bool { return name == "latest" })
	if len(dirs) != runs {
		t.Fatalf("%d runs left %v", runs, dirs)
	}
	for _, dir := range dirs {
		s.rtbench("report", "results/"+dir).wantCode(0)
	}
}

// A directory named by two runs belongs to the one that started first.
func TestRunsWithTheSameDirectory(t *testing.T) {
	t.Parallel()
	seconds := make(chan outcome, 1)
	s := newSession(t, nil)
	server := newEventServer(t, func(e *eventServer, n int) {
		if n == 1 {
			seconds <- s.rtbench("bench", e.URL, "-q", "-o", "r")
		}
	})
	first := s.rtbench("bench", server.URL, "-c", "1", "-d", "200ms", "--repetitions", "1", "-q", "-o", "r")
	second := <-seconds
	if second.Code != 2 || !strings.Contains(second.Stderr, "r belongs to a run that is still going") {
		t.Errorf("the second: exit code %d: %s", second.Code, second.Stderr)
	}
	if n := server.requests.Load(); n != 1 {
		t.Errorf("the server received %d requests for events, want once", n)
	}
	first.result("r")
	if o := s.rtbench("bench", server.URL, "-q", "-o", "r").wantCode(2); !strings.Contains(o.Stderr, "already holds a result") {
		t.Errorf("a third: %s", o.Stderr)
	}
}
