package usage

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A family is a shell that starts a worker for each line of its input: it counts, prints a line, and ends once its
// parent reads the next line.
func family(t *testing.T) (pid int, next func()) {
	t.Helper()
	c := exec.Command("sh", "-c", `while read x; do sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'; echo; done`)
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
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	lines := bufio.NewReader(out)
	return c.Process.Pid, func() {
		t.Helper()
		if _, err := fmt.Fprintln(in); err != nil {
			t.Fatal(err)
		}
		if _, err := lines.ReadByte(); err != nil {
			t.Fatal(err)
		}
	}
}

// A worker that came and went between two readings is counted by its parent; the parent alone used almost nothing.
func TestProcessesCountEndedWorkers(t *testing.T) {
	t.Parallel()
	pid, next := family(t)
	tree, alone := &Processes{PIDs: []int{pid}, Children: true}, &Processes{PIDs: []int{pid}}
	before, _, err := tree.Read()
	if err != nil {
		t.Fatal(err)
	}
	alonesBefore, _, _ := alone.Read()
	next()
	after, n, err := tree.Read()
	if err != nil || n.Now != 1 || n.Uncounted != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	alonesAfter, _, _ := alone.Read()
	if worker, parent := after.CPU-before.CPU, alonesAfter.CPU-alonesBefore.CPU; worker < 20*time.Millisecond || parent > worker/2 {
		t.Errorf("with its worker %v, the parent alone %v", worker, parent)
	}
}

// Processes named in a file are read again when the file changes: one ended and another one started.
func TestProcessesOfAFile(t *testing.T) {
	t.Parallel()
	first, end := child(t)
	second, _ := child(t)
	file := filepath.Join(t.TempDir(), "app.pid")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintln(first))
	p := &Processes{File: file}
	one, n, err := p.Read()
	if err != nil || n.Now != 1 || one.CPU <= 0 || one.RSS <= 0 {
		t.Fatalf("%+v, %+v, %v", one, n, err)
	}
	end()
	write(fmt.Sprintln(second))
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
	if _, _, err := (&Processes{PIDs: []int{1 << 30}}).Read(); err == nil || err.Error() != "no process 1073741824" {
		t.Error(err)
	}
}
