// Package busy starts processes that use CPU, for tests that measure other processes.
package busy

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
)

// work is a shell script that uses tens of milliseconds of CPU time.
const work = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"

// A Process works when it is told to. It ends with the test.
type Process struct {
	PID int
	// End ends the process, and waits for it.
	End func()

	t   testing.TB
	in  io.Writer
	out *bufio.Reader
}

// Start starts a process that works itself.
func Start(t testing.TB) *Process {
	t.Helper()
	return start(t, work)
}

// StartParent starts a process whose work is done by a child, for whose end it waits.
func StartParent(t testing.TB) *Process {
	t.Helper()
	return start(t, "sh -c '"+work+"'")
}

func start(t testing.TB, script string) *Process {
	t.Helper()
	c := exec.Command("sh", "-c", "while read x; do "+script+"; echo; done")
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
	end := sync.OnceFunc(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	t.Cleanup(end)
	return &Process{PID: c.Process.Pid, End: end, t: t, in: in, out: bufio.NewReader(out)}
}

// Work lets the process work once, and returns when it has.
func (p *Process) Work() {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.out.ReadByte(); err != nil {
		p.t.Fatal(err)
	}
}
