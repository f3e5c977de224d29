//go:build linux

package acceptance

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rtbench/report/result"
)

// signalled starts a command against an event server, sends the signal at the nth request for
// events and waits for the command to end.
func (s *session) signalled(signal os.Signal, nth int, command func(*eventServer) *exec.Cmd) outcome {
	s.t.Helper()
	reached := make(chan struct{})
	c := command(newEventServer(s.t, func(_ *eventServer, n int) {
		if n == nth {
			close(reached)
		}
	}))
	ended := s.start(c)
	select {
	case <-reached:
		if err := c.Process.Signal(signal); err != nil {
			s.t.Error(err)
		}
	case o := <-ended:
		s.t.Fatalf("the command ended before request %d: exit code %d\n%s%s", nth, o.Code, o.Stdout, o.Stderr)
	}
	return <-ended
}

// A killed run leaves its complete repetitions, and every command says so.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.signalled(syscall.SIGKILL, 4, func(server *eventServer) *exec.Cmd {
		return s.command("bench", server.URL, "-c", "1", "-d", "100ms", "--repetitions", "1000", "-q", "-o", "results/r")
	})
	shown := s.rtbench("report", "results/r").wantCode(0)
	if r := shown.result("results/r"); !r.Unfinished || len(r.Cells[0].Repetitions) != 3 || r.Cells[0].Repetitions[2].Counters.Recorded == 0 {
		t.Errorf("unfinished %v, %d repetitions; want true, 3", r.Unfinished, len(r.Cells[0].Repetitions))
	}
	if !strings.Contains(shown.Stdout, "the run did not end") {
		t.Errorf("the report does not say that the run is unfinished:\n%s", shown.Stdout)
	}
	for _, format := range []string{"json", "csv", "md", "junit", "html", "hgrm"} {
		s.rtbench("report", "results/r", "--format", format).wantCode(0)
	}
	if o := s.rtbench("compare", "results/r", "results/r").wantCode(115); !strings.Contains(o.Stderr, "its run did not end") {
		t.Errorf("compare: %s", o.Stderr)
	}
	if o := s.rtbench("history", "results").wantCode(1); !strings.Contains(o.Stderr, "results/r: ignored, because the run did not end") {
		t.Errorf("history: %s", o.Stderr)
	}
	if o := s.rtbench("run", "echo", "--quick", "-q", "-o", "results/r").wantCode(2); !strings.Contains(o.Stderr, "a run that is still going or was killed") {
		t.Errorf("another run there: %s", o.Stderr)
	}

	// A line that was only partly written before a crash is not a repetition.
	path := filepath.Join(s.Dir, "results/r", result.JournalName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b[:len(b)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	if n := len(s.rtbench("report", "results/r").wantCode(0).result("results/r").Cells[0].Repetitions); n != 2 {
		t.Errorf("read %d repetitions from a truncated journal, want 2", n)
	}
}

// A run killed in its first repetition has nothing to show.
func TestKilledAtOnce(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.signalled(syscall.SIGKILL, 1, func(server *eventServer) *exec.Cmd {
		return s.command("bench", server.URL, "-c", "1", "-d", "100ms", "-q", "-o", "r")
	})
	if o := s.rtbench("report", "r").wantCode(1); !strings.Contains(o.Stderr, "no repetition has ended yet") {
		t.Errorf("report: %s", o.Stderr)
	}
}

// A killed gate leaves the repetitions of both sides.
func TestKilledGate(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.signalled(syscall.SIGKILL, 6, func(server *eventServer) *exec.Cmd {
		s.write("push.yaml", server.pushScenario())
		return s.command("gate", "--base", server.URL, "--head", server.URL, "push.yaml", "-q", "-o", "g")
	})
	for side, want := range map[string]int{"g/base": 2, "g/head": 3} { // in the order A B, B A, A; the next B was interrupted
		if n := len(s.rtbench("report", side).wantCode(0).result(side).Cells[0].Repetitions); n != want && n != 5-want {
			t.Errorf("%s has %d repetitions, want 2 or 3", side, n)
		}
	}
}

// Closing the terminal ends a run like Ctrl-C, and the measurements are kept.
func TestHangupEndsTheRun(t *testing.T) {
	t.Parallel()
	// Children inherit ignored signals, such as SIGHUP under nohup, but not handled ones.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	s := newSession(t, nil)
	s.signalled(syscall.SIGHUP, 3, func(server *eventServer) *exec.Cmd {
		return s.command("bench", server.URL, "-c", "1", "-d", "100ms", "--repetitions", "1000", "-q", "-o", "r")
	}).wantCode(105)
	if r := s.rtbench("report", "r").wantCode(0).result("r"); !r.Interrupted || r.Unfinished || len(r.Cells[0].Repetitions) < 2 {
		t.Errorf("interrupted %v, unfinished %v, %d repetitions; want true, false, at least 2", r.Interrupted, r.Unfinished, len(r.Cells[0].Repetitions))
	}
}

// Under nohup, closing the terminal does not end a run.
func TestNohup(t *testing.T) {
	t.Parallel()
	s := newSession(t, nil)
	s.signalled(syscall.SIGHUP, 2, func(server *eventServer) *exec.Cmd {
		c := s.command("bench", server.URL, "-c", "1", "-d", "100ms", "--repetitions", "4", "-q", "-o", "r")
		sh := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `trap "" HUP; exec "$@"`, "sh", c.Path}, c.Args[1:]...)...)
		sh.Dir, sh.Env = c.Dir, c.Env
		return sh
	})
	if r := s.rtbench("report", "r").wantCode(0).result("r"); r.Interrupted || len(r.Cells[0].Repetitions) != 4 {
		t.Errorf("interrupted %v, %d repetitions; want false, 4", r.Interrupted, len(r.Cells[0].Repetitions))
	}
}
