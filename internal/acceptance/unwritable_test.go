//go:build linux

package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// If the result cannot be written, every measuring command fails before the first message.
func TestUnwritableDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	server := newEventServer(t, func(*eventServer, int) {})
	s := newSession(t, map[string]string{"file": "x", "push.yaml": server.pushScenario()})
	for _, args := range [][]string{
		{"bench", server.URL, "-q", "-o", "file"},
		{"bench", server.URL, "-q", "-o", "file/below/it"},
		{"run", "push.yaml", "-q", "-o", "file"},
		{"gate", "--base", server.URL, "--head", server.URL, "push.yaml", "-q", "-o", "file"},
		{"gate", "--self-test", "-q", "-o", "file"},
		{"guide", "-q", "-o", "file"},
		{"calibrate", "--oracle", "-q", "-o", "file"},
	} {
		if o := s.rtbench(args...).wantCode(2); !strings.Contains(o.Stderr, "file is a file; choose another directory with --out") {
			t.Errorf("%v: %s", args, o.Stderr)
		}
	}
	if o := s.rtbench("calibrate", "-q", "--calibration", "file/c.json").wantCode(1); !strings.Contains(o.Stderr, "nothing was measured") {
		t.Errorf("calibrate: %s", o.Stderr)
	}
	if n := server.requests.Load(); n != 0 {
		t.Errorf("the server received %d requests for events", n)
	}
	if got := strings.Join(s.entries("."), " "); got != "file push.yaml" {
		t.Errorf("left behind: %s", got)
	}
}

// A rejected run, or one whose server cannot be reached, leaves no directory.
func TestRefusedRunLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.rtbench("run", "echo", "--quick", "-q", "--target", "127.0.0.1:1").wantCode(1)
	s.rtbench("run", "echo", "--quick", "-q", "--target", "127.0.0.1:1", "-o", "a/b/c").wantCode(1)
	s.rtbench("gate", "--base", "exec:exit 3", "--head", "exec:exit 3", "-q").wantCode(115)
	if got := s.entries("."); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

// If the directory disappears during the run, the result is stored elsewhere.
func TestDirectoryRemovedDuringTheRun(t *testing.T) {
	t.Parallel()
	s := newSession(t, map[string]string{"tmp/x": ""})
	server := newEventServer(t, func(*eventServer, int) {
		path := filepath.Join(s.Dir, "r")
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Error(err)
		}
	})
	s.Env = []string{"TMPDIR=" + filepath.Join(s.Dir, "tmp")}
	o := s.rtbench("bench", server.URL, "-c", "1", "-d", "200ms", "--repetitions", "1", "-q", "-o", "r").wantCode(1)
	found, err := filepath.Glob(filepath.Join(s.Dir, "tmp/rtbench-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v\n%s", found, err, o.Stderr)
	}
	if r, err := result.Read(found[0]); err != nil || len(r.Cells[0].Repetitions) != 1 {
		t.Errorf("reading %s: %v", found[0], err)
	}
	if !strings.Contains(o.Stderr, "it is in "+found[0]+" instead") || !strings.Contains(o.Stdout, "Measured ") {
		t.Errorf("stdout:\n%s\nstderr:\n%s", o.Stdout, o.Stderr)
	}
}

// A result that does not fit anywhere is still printed, and no truncated file remains under its
// name.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	server := thirdparty.Start(t, "python-websockets")
	s := newSession(t, nil)
	c := s.command("bench", server.URL("ws", "/echo"), "-c", "2", "--rate", "500/s", "-d", "60ms", "--repetitions", "40", "-q", "-o", "r")
	// In 512-byte units in some shells and 1,024-byte units in others.
	limit := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `ulimit -f 128; exec "$@"`, "sh", c.Path}, c.Args[1:]...)...)
	limit.Dir, limit.Env = c.Dir, c.Env
	o := (<-s.start(limit)).wantCode(1)
	if !strings.Contains(o.Stdout, "Measured ") || !strings.Contains(o.Stderr, "file too large") {
		t.Errorf("stdout:\n%s\nstderr:\n%s", o.Stdout, o.Stderr)
	}
	for _, name := range s.entries("r") {
		if name != result.JournalName {
			t.Errorf("left behind: %s", name)
		}
	}
	if r := o.result("r"); len(r.Cells[0].Repetitions) < 10 {
		t.Errorf("the journal has %d repetitions", len(r.Cells[0].Repetitions))
	}
}
