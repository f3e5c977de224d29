package usage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rtbench/internal/testserver/busy"
)

// A worker that came and went between two readings is counted by its parent; the parent alone used almost nothing.
func TestProcessesCountEndedWorkers(t *testing.T) {
	t.Parallel()
	parent := busy.StartParent(t)
	pids := []int{parent.PID}
	tree, alone := &Processes{PIDs: pids, Children: true}, &Processes{PIDs: pids}
	before, _, err := tree.Read()
	if err != nil {
		t.Fatal(err)
	}
	alonesBefore, _, _ := alone.Read()
	parent.Work()
	after, n, err := tree.Read()
	if err != nil || n.Now != 1 || n.Uncounted != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	alonesAfter, _, _ := alone.Read()
	if both, one := after.CPU-before.CPU, alonesAfter.CPU-alonesBefore.CPU; both < 20*time.Millisecond || one > both/2 {
		t.Errorf("with its worker %v, the parent alone %v", both, one)
	}
}

// Processes named in a file are read again when the file changes: one ended and another one started.
func TestProcessesOfAFile(t *testing.T) {
	t.Parallel()
	first, second := busy.Start(t), busy.Start(t)
	first.Work()
	file := filepath.Join(t.TempDir(), "app.pid")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintln(first.PID))
	p := &Processes{File: file}
	one, n, err := p.Read()
	if err != nil || n.Now != 1 || one.CPU <= 0 || one.RSS <= 0 {
		t.Fatalf("%+v, %+v, %v", one, n, err)
	}
	first.End()
	write(fmt.Sprintln(second.PID))
	both, n, err := p.Read()
	if err != nil || n != (Counts{Now: 1, Started: 1, Ended: 1, Uncounted: 1}) || both.CPU < one.CPU {
		t.Errorf("%+v, %+v, %v; before %+v", both, n, err, one)
	}
	for text, want := range map[string]string{"": "is empty; expected a process ID", "nginx": `found "nginx"; expected process IDs`, "-4": "expected process IDs"} {
		write(text)
		if _, _, err := p.Read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// The parent of an ended process may not have waited for it: a zombie has a PID but is no process.
func TestProcessesLeaveZombiesOut(t *testing.T) {
	c := exec.Command("true")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Wait() }()
	if err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil { // it remains a zombie
		t.Fatal(err)
	}
	for _, children := range []bool{false, true} {
		if u, _, err := (&Processes{PIDs: []int{c.Process.Pid}, Children: children}).Read(); err == nil {
			t.Errorf("%+v", u)
		}
	}
}

// Both ways to read this process's CPU time agree, except for the time used in between.
func TestProcessesReadThisProcess(t *testing.T) {
	before := Read()
	u, _, err := (&Processes{PIDs: []int{os.Getpid()}}).Read()
	after := Read()
	const step = 20 * time.Millisecond // resolution without a process CPU clock
	if err != nil || u.CPU < before.CPU-step || u.CPU > after.CPU+step {
		t.Errorf("%v between %v and %v, %v", u.CPU, before.CPU, after.CPU, err)
	}
}

func TestProcessesThatCannotBe(t *testing.T) {
	for _, pid := range []int{0, -1, 1 << 30} {
		if _, _, err := (&Processes{PIDs: []int{pid}}).Read(); err == nil || err.Error() != fmt.Sprintf("no process %d", pid) {
			t.Errorf("process %d: %v", pid, err)
		}
	}
}
