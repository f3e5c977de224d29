//go:build linux

// Package acceptance runs rtbench as its user does, as a process with flags and files,
// against real servers, and checks its exit code, its output and its result file.
package acceptance

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rtbench/loadgen/command"
	"rtbench/report/result"
)

// TestMain puts this test binary on the PATH under the name rtbench. The tests mostly wait
// for runs of a second or two, so more of them run at a time than there are cores.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "rtbench" {
		flag.Parse()
		if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
			_ = f.Value.Set("6")
		}
	}
	testscript.Main(m, map[string]func(){"rtbench": func() { os.Exit(command.Main()) }})
}

// A session is a directory in which a test runs rtbench.
type session struct {
	t   *testing.T
	Dir string
	Env []string // added to the environment of the test
}

// newSession returns a session in a new directory that holds the files, by name.
func newSession(t *testing.T, files map[string]string) *session {
	t.Helper()
	s := &session{t: t, Dir: t.TempDir()}
	for name, text := range files {
		path := filepath.Join(s.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// An outcome is what one run of rtbench left.
type outcome struct {
	t              *testing.T
	Dir            string
	Stdout, Stderr string
	Code           int
}

// command returns an unstarted rtbench, killed after two minutes.
func (s *session) command(args ...string) *exec.Cmd {
	s.t.Helper()
	path, err := exec.LookPath("rtbench")
	if err != nil {
		s.t.Fatal(err)
	}
	c := exec.CommandContext(s.t.Context(), path, args...)
	c.Dir = s.Dir
	c.Env = append(os.Environ(), s.Env...)
	kill := time.AfterFunc(2*time.Minute, func() {
		if c.Process != nil {
			_ = c.Process.Kill()
		}
	})
	s.t.Cleanup(func() { kill.Stop() })
	return c
}

// rtbench runs rtbench to its end.
func (s *session) rtbench(args ...string) outcome {
	s.t.Helper()
	return s.run(s.command(args...))
}

// run runs a command to its end.
func (s *session) run(c *exec.Cmd) outcome {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return outcome{t: s.t, Dir: s.Dir, Stdout: stdout.String(), Stderr: stderr.String(), Code: c.ProcessState.ExitCode()}
}

// wantCode fails the test unless rtbench exited with the code.
func (o outcome) wantCode(code int) outcome {
	o.t.Helper()
	if o.Code != code {
		o.t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", o.Code, code, o.Stdout, o.Stderr)
	}
	return o
}

// result reads the result in a directory relative to the session's.
func (o outcome) result(dir string) *result.Result {
	o.t.Helper()
	r, err := result.Read(filepath.Join(o.Dir, dir))
	if err != nil {
		o.t.Fatalf("%v\nstdout:\n%s\nstderr:\n%s", err, o.Stdout, o.Stderr)
	}
	return r
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
