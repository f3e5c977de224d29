//go:build linux

package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"rtbench/internal/testrun"
)

const liveScenario = `name: live
protocols: tcp
pattern: echo
load: {rate: 1k/s}
phases: {warmup: 20ms, steady: 1h, drain: 1s}
`

// liveCommand returns a run that takes an hour unless it is stopped.
func liveCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "live.yaml"), []byte(liveScenario), 0o644); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("rtbench")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, append([]string{"run", "live.yaml", "--out", "r"}, args...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=")
	kill := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	t.Cleanup(func() { kill.Stop() })
	return c
}

// onTerminal runs the command on a pseudo-terminal and calls act when the output contains text. It
// returns the output and the terminal modes before and after.
func onTerminal(t *testing.T, c *exec.Cmd, text string, act func(terminal *os.File)) (out []byte, before, after unix.Termios) {
	t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	defer terminal.Close()
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	c.Stdin, c.Stdout, c.Stderr = tty, tty, tty
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	before = modes(t, tty)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		err := c.Wait()
		after = modes(t, tty)
		_ = tty.Close() // ends the Read below
		ended <- err
	}()
	acted, buf := false, make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		out = append(out, buf[:n]...)
		if !acted && bytes.Contains(out, []byte(text)) {
			acted = true
			act(terminal)
		}
		if err != nil {
			break
		}
	}
	<-ended
	if !acted {
		t.Fatalf("output lacks %q:\n%s", text, out)
	}
	return out, before, after
}

func modes(t *testing.T, tty *os.File) unix.Termios {
	m, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Error(err)
		return unix.Termios{}
	}
	return *m
}

// After Ctrl-C the result is stored and the terminal restored: cursor, line wrap, modes.
func TestInterruptRestoresTerminal(t *testing.T) {
	c := liveCommand(t)
	out, before, after := onTerminal(t, c, "recent rate", func(terminal *os.File) {
		if _, err := terminal.Write([]byte{3}); err != nil {
			t.Error(err)
		}
	})
	if code := c.ProcessState.ExitCode(); code != 105 {
		t.Errorf("exit code %d, want 105:\n%s", code, out)
	}
	for on, off := range map[string]string{"\x1b[?25h": "\x1b[?25l", "\x1b[?7h": "\x1b[?7l"} {
		if strings.LastIndex(string(out), on) <= strings.LastIndex(string(out), off) {
			t.Errorf("%q is not undone by %q", off, on)
		}
	}
	if !bytes.HasSuffix(out, []byte("interrupted\r\n")) {
		t.Errorf("output ends with %q", out[max(0, len(out)-80):])
	}
	if before != after {
		t.Errorf("modes changed from %+v to %+v", before, after)
	}
	if bytes.Contains(out, []byte("\x1b[?1049")) {
		t.Error("it uses the alternate screen")
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "r", "result.json")); err != nil {
		t.Error(err)
	}
}

// A killed process leaves the terminal usable, as the live view hides no state between updates.
func TestKillLeavesTerminalUsable(t *testing.T) {
	c := liveCommand(t)
	out, before, after := onTerminal(t, c, "recent rate", func(*os.File) { _ = c.Process.Kill() })
	if !bytes.HasSuffix(out, []byte("\r\n\x1b[?7h\x1b[?25h")) || before != after {
		t.Errorf("output ends with %q", out[max(0, len(out)-80):])
	}
}

var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestColourCanBeTurnedOff(t *testing.T) {
	for _, how := range []struct {
		name string
		env  []string
		args []string
		want bool
	}{
		{"on a terminal", nil, nil, true},
		{"--no-color", nil, []string{"--no-color"}, false},
		{"NO_COLOR", []string{"NO_COLOR=1"}, nil, false},
	} {
		c := liveCommand(t, how.args...)
		c.Env = append(c.Env, how.env...)
		out, _, _ := onTerminal(t, c, "errors", func(*os.File) { _ = c.Process.Signal(os.Interrupt) })
		if got := colours.Match(out); got != how.want {
			t.Errorf("%s: colours %v", how.name, got)
		}
	}
}

// The result is complete even if the reader of standard output, such as head, closes it.
func TestResultIsStoredIfStdoutIsClosed(t *testing.T) {
	c := liveCommand(t, "--quick")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	c.Stdout = w
	_ = c.Run() // SIGPIPE may kill it
	_ = w.Close()
	for _, name := range []string{"result.json", "report.html"} {
		if _, err := os.Stat(filepath.Join(c.Dir, "r", name)); err != nil {
			t.Error(err)
		}
	}
}

// A dumb terminal gets plain lines without escape codes.
func TestDumbTerminal(t *testing.T) {
	testrun.OnlyWithAll(t)
	c := liveCommand(t)
	c.Env = append(c.Env, "TERM=dumb")
	out, _, _ := onTerminal(t, c, " · errors 0", func(*os.File) { _ = c.Process.Signal(os.Interrupt) })
	if bytes.ContainsRune(out, 0x1b) {
		t.Errorf("escape codes in %q", out)
	}
}

// The printed Prometheus address serves live metrics during the run.
func TestPrometheusServesLiveMetrics(t *testing.T) {
	c := liveCommand(t, "--prometheus", "127.0.0.1:0")
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 200)
	n, err := stderr.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(buf[:n]), "\n")
	url, ok := strings.CutPrefix(first, "Prometheus: ")
	if !ok {
		t.Fatalf("%q", buf[:n])
	}
	want := `rtbench_achieved_rate{cell="live/echo/tcp",pattern="echo",protocol="tcp",side=""} `
	for text := ""; !strings.Contains(text, want); { // liveCommand stops the run after a minute
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, stderr)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 105 {
		t.Errorf("exit code %d", code)
	}
}
