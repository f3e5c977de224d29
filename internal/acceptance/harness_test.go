//go:build linux

// Package acceptance runs rtbench like a user, as a process with flags and files, against real
// servers, and checks its exit code, output and result file.
package acceptance

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rtbench/internal/cli"
	"rtbench/internal/testrun"
	"rtbench/report/result"
)

// TestMain puts this test binary on the PATH as rtbench.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "rtbench" {
		testrun.Parallel(9)
	}
	testscript.Main(m, map[string]func(){"rtbench": func() { os.Exit(cli.Main()) }, "hotserver": serveHot})
}

// A session is a directory in which a test runs rtbench.
type session struct {
	t     *testing.T
	Dir   string
	Env   []string      // added to the environment of the test
	limit time.Duration // of each command
}

// newSession returns a session in a new directory with the named files.
func newSession(t *testing.T, files map[string]string) *session {
	t.Helper()
	s := &session{t: t, Dir: t.TempDir(), limit: 2 * time.Minute}
	for name, text := range files {
		s.write(name, text)
	}
	return s
}

// write writes a file in the session's directory.
func (s *session) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// entries lists a directory of the session.
func (s *session) entries(dir string) []string {
	s.t.Helper()
	list, err := os.ReadDir(filepath.Join(s.Dir, dir))
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// command returns an rtbench command, which is killed after the session's limit.
func (s *session) command(args ...string) *exec.Cmd {
	s.t.Helper()
	path, err := exec.LookPath("rtbench")
	if err != nil {
		s.t.Fatal(err)
	}
	c := exec.CommandContext(s.t.Context(), path, detailed(args)...)
	c.Dir = s.Dir
	c.Env = append(os.Environ(), s.Env...)
	kill := time.AfterFunc(s.limit, func() {
		if c.Process != nil {
			_ = c.Process.Kill()
		}
	})
	s.t.Cleanup(func() { kill.Stop() })
	return c
}

// detailed adds the flag that prints everything to a command that otherwise prints one screen.
func detailed(args []string) []string {
	if len(args) == 0 {
		return args
	}
	switch flags := strings.Join(args, " "); args[0] {
	case "run", "bench":
		return slices.Insert(slices.Clone(args), 1, "--verbose")
	case "report":
		if !strings.Contains(flags, "-f") && !strings.Contains(flags, "--schema") {
			return append(slices.Clone(args), "--why")
		}
	}
	return args
}

// start starts a command. The returned channel receives its outcome.
func (s *session) start(c *exec.Cmd) <-chan outcome {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan outcome, 1)
	go func() {
		_ = c.Wait() // a failure is in the exit code
		ended <- outcome{t: s.t, Dir: s.Dir, Stdout: stdout.String(), Stderr: stderr.String(), Code: c.ProcessState.ExitCode()}
	}()
	return ended
}

// rtbench runs rtbench to its end.
func (s *session) rtbench(args ...string) outcome {
	s.t.Helper()
	return <-s.start(s.command(args...))
}

// measure runs a scenario with extra flags and returns its only repetition.
func (s *session) measure(sc scenario, flags ...string) (*result.Repetition, outcome) {
	s.t.Helper()
	o := s.runScenario(sc, flags...)
	return o.only(), o
}

// runScenario runs a scenario with extra flags and stores the result in r.
func (s *session) runScenario(sc scenario, flags ...string) outcome {
	s.t.Helper()
	s.write("s.yaml", sc.text())
	return s.rtbench(append([]string{"run", "s.yaml", "--quiet", "--out", "r"}, flags...)...)
}

// files returns the files below a directory, by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
