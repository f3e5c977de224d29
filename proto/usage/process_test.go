//go:build linux

package usage

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// child starts a shell that counts up to half a million, writes a line, and waits for its
// standard input to end.
func child(t *testing.T) (pid int, end func()) {
	t.Helper()
	c := exec.Command("sh", "-c", "i=0; while [ $i -lt 500000 ]; do i=$((i+1)); done; echo; read x")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			_ = in.Close()
			_ = c.Wait()
		}
	}
	t.Cleanup(end)
	if _, err := bufio.NewReader(out).ReadByte(); err != nil {
		t.Fatal(err)
	}
	return c.Process.Pid, end
}

func TestReadProcess(t *testing.T) {
	pid, end := child(t)
	u, err := ReadProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if u.CPU <= 0 || u.RSS <= 0 {
		t.Errorf("of a process that has counted: %+v", u)
	}
	end()
	if _, err := ReadProcess(pid); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", pid)) {
		t.Errorf("of a process that has ended: %v", err)
	}
}

// The parent of a process that has ended may not have asked how: there is a number still,
// and no process.
func TestReadProcessThatHasEnded(t *testing.T) {
	c := exec.Command("true")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Wait() }()
	if err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil { // and it stays what it is
		t.Fatal(err)
	}
	if u, err := ReadProcess(c.Process.Pid); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("%+v, %v", u, err)
	}
}

// Both ways to this process's CPU time say the same, but for what is used in between.
func TestReadProcessOfThisOne(t *testing.T) {
	before := Read()
	u, err := ReadProcess(os.Getpid())
	after := Read()
	const step = 20 * time.Millisecond // of where there is no clock of a process
	if err != nil || u.CPU < before.CPU-step || u.CPU > after.CPU+step {
		t.Errorf("%v between %v and %v, %v", u.CPU, before.CPU, after.CPU, err)
	}
}

func TestReadProcessRefuses(t *testing.T) {
	for _, pid := range []int{0, -1, 1 << 30} {
		if _, err := ReadProcess(pid); err == nil {
			t.Errorf("there is a process %d", pid)
		}
	}
}
