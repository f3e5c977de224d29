//go:build linux

package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/testrun"
)

// bench --save writes the run's scenario, and explains how to overwrite it.
func TestSaveScenario(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := newEventServer(t, func(*eventServer, int) {})
	s := newSession(t, map[string]string{"old/result.json": "{}", "taken.yaml": "mine"})
	bench := func(url string, more ...string) outcome {
		return s.rtbench(append([]string{"bench", url, "-c", "1", "-d", "100ms", "--repetitions", "1", "-q"}, more...)...)
	}
	for _, args := range [][]string{
		{strings.Replace(server.URL, "http:", "ws:", 1) + "/none"},
		{"127.0.0.1:1"},
		{server.URL, "-o", "old"},
		{server.URL, "-c", "none"},
		{server.URL, "--save", "none/new.yaml"},
	} {
		o := bench(args[0], append([]string{"--save", "new.yaml"}, args[1:]...)...)
		if o.Code == 0 {
			t.Errorf("%v: exit code 0\n%s", args, o.Stdout)
		}
		if _, err := os.Stat(filepath.Join(s.Dir, "new.yaml")); err == nil {
			t.Fatalf("%v: the scenario was saved although the run did not start\n%s", args, o.Stderr)
		}
	}
	if o := bench(server.URL, "--save", "taken.yaml").wantCode(2); !strings.Contains(o.Stderr, "overwrite it with --force") {
		t.Error(o.Stderr)
	}
	if n := server.requests.Load(); n != 0 {
		t.Errorf("the server received %d requests for events", n)
	}
	bench(server.URL, "--save", "taken.yaml", "--force")
	s.rtbench("scenario", "validate", "taken.yaml").wantCode(0)
	bench(server.URL, "--save", "new.yaml")
	s.rtbench("scenario", "validate", "new.yaml").wantCode(0)
}
