//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rtbench/internal/testrun"
)

// TestMain lets tests and scripts run this program: rtbench on the PATH is the test binary.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "rtbench" && filepath.Base(os.Args[0]) != "natsserver" {
		testrun.Parallel(6)
	}
	testscript.Main(m, map[string]func(){"rtbench": main, "natsserver": serveNATS})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"PORT", "CONTROL"} { // free ports
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer l.Close()
				_, port, _ := net.SplitHostPort(l.Addr().String())
				env.Setenv(name, port)
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "all" {
				return false, fmt.Errorf("unknown condition %q; expected all", name)
			}
			return testrun.All(), nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode":   exitCode,
			"signalwhen": signalWhen,
		},
	})
}

// exitCode runs a command and checks its exit code: exitcode CODE COMMAND…
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got := args[0]; got != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, got)
	}
}

// signalWhen starts a command and, when its standard error contains a text, interrupts it (self), or kills it
// (crash), its server (child) or one of its agents (agent). It then checks the exit code and that no process is
// left behind: signalwhen TEXT self|crash|child|agent CODE COMMAND…
func signalWhen(ts *testscript.TestScript, _ bool, args []string) {
	text, whom, code := args[0], args[1], args[2]
	path, err := exec.LookPath(args[3])
	ts.Check(err)
	c := exec.Command(path, args[4:]...)
	c.Dir = ts.Getenv("WORK")
	for _, name := range []string{"HOME", "PATH", "WORK"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	stderr, err := c.StderrPipe()
	ts.Check(err)
	ts.Check(c.Start())
	kill := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer kill.Stop()
	seen, sent := "", false
	buf := make([]byte, 4096)
	for {
		n, err := stderr.Read(buf)
		if seen += string(buf[:n]); !sent && strings.Contains(seen, text) {
			sent = true
			ts.Check(sendTo(whom, c.Process.Pid))
		}
		if err != nil {
			break
		}
	}
	_ = c.Wait()
	if got := strconv.Itoa(c.ProcessState.ExitCode()); got != code || !sent {
		ts.Fatalf("exit code %s, want %s; %q seen: %v\n%s", got, code, text, sent, seen)
	}
	if left := children(c.Process.Pid); len(left) > 0 {
		ts.Fatalf("processes left behind: %v", left)
	}
}

// sendTo interrupts or kills the program, or kills one of its agents, or its server once it has open streams.
func sendTo(whom string, pid int) error {
	switch whom {
	case "self":
		return syscall.Kill(pid, syscall.SIGINT)
	case "crash":
		return syscall.Kill(pid, syscall.SIGKILL)
	case "agent":
		for _, child := range children(pid) {
			if line, _ := os.ReadFile("/proc/" + strconv.Itoa(child) + "/cmdline"); strings.Contains(string(line), "\x00agent\x00") {
				return syscall.Kill(child, syscall.SIGKILL)
			}
		}
		return errors.New("no agent was seen")
	}
	const listeners = 6
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		for _, child := range children(pid) {
			if sockets(child) > listeners {
				return syscall.Kill(child, syscall.SIGKILL)
			}
		}
	}
	return errors.New("no server with an open stream was seen")
}

// sockets counts the open sockets of a process.
func sockets(pid int) int {
	n := 0
	fds, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// children returns the child processes of pid.
func children(pid int) []int {
	var out []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			if id, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				out = append(out, id)
			}
		}
	}
	return out
}
