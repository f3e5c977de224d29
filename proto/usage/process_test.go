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

// child starts a shell that counts to half a million, prints a line, and waits for the
// end of its standard input.
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
		t.Errorf("usage of a busy process: %+v", u)
	}
	end()
	if _, err := ReadProcess(pid); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", pid)) {
		t.Errorf("usage of an ended process: %v", err)
	}
}

// The parent of an ended process may not have waited for it: a zombie has a PID but is no
// process.
func TestReadZombieProcess(t *testing.T) {
	c := exec.Command("true")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Wait() }()
	if err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil { // it remains a zombie
		t.Fatal(err)
	}
	if u, err := ReadProcess(c.Process.Pid); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("%+v, %v", u, err)
	}
}

// Both ways to read this process's CPU time agree, except for the time used in between.
func TestReadThisProcess(t *testing.T) {
	before := Read()
	u, err := ReadProcess(os.Getpid())
	after := Read()
	const step = 20 * time.Millisecond // resolution without a process CPU clock
	if err != nil || u.CPU < before.CPU-step || u.CPU > after.CPU+step {
		t.Errorf("%v between %v and %v, %v", u.CPU, before.CPU, after.CPU, err)
	}
}

func TestReadInvalidPID(t *testing.T) {
	for _, pid := range []int{0, -1, 1 << 30} {
		if _, err := ReadProcess(pid); err == nil {
			t.Errorf("ReadProcess(%d) succeeds", pid)
		}
	}
}
