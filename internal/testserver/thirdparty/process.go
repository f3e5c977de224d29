//go:build linux

package thirdparty

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A process is one in a group of its own. It ends when its standard input does, so it
// outlives no test.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	// lines are what it printed; closed when it has ended.
	lines  chan []byte
	ended  chan struct{}
	errors bytes.Buffer // what it said on standard error; read once ended
	end    sync.Once
}

func startProcess(t testing.TB, dir string, env []string, extra []*os.File, command ...string) *process {
	t.Helper()
	p := &process{
		cmd:   exec.Command(command[0], command[1:]...),
		lines: make(chan []byte, 16),
		ended: make(chan struct{}),
	}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.ExtraFiles = extra
	p.cmd.Stderr = &p.errors
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(stdout)
	t.Cleanup(func() {
		p.stop()
		if t.Failed() && p.errors.Len() > 0 {
			t.Logf("%v said:\n%s", command, p.errors.String())
		}
	})
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// read hands on what is printed until the process has ended. A line that nobody waits for
// is dropped.
func (p *process) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		select {
		case p.lines <- bytes.Clone(lines.Bytes()):
		default:
		}
	}
	close(p.lines)
	_ = p.cmd.Wait()
	close(p.ended)
}

// line waits for the next line, of JSON, and decodes it.
func (p *process) line(t testing.TB, into any) {
	t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.stop()
			t.Fatalf("%v ended: %v", p.cmd.Args, p.cmd.ProcessState)
		}
		if err := json.Unmarshal(line, into); err != nil {
			t.Fatalf("%v said %q, expected JSON: %v", p.cmd.Args, line, err)
		}
	case <-time.After(patience):
		t.Fatalf("%v said nothing for %v", p.cmd.Args, patience)
	}
}

// address waits for the port that the server listens on.
func (p *process) address(t testing.TB) string {
	t.Helper()
	var said struct{ Port int }
	p.line(t, &said)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(said.Port))
}

// stop asks the process to end, and after 3 s makes it, with all that it started.
func (p *process) stop() {
	p.end.Do(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		p.stdin.Close()
		select {
		case <-p.ended:
		case <-time.After(3 * time.Second):
		}
		// Nobody has waited for it, or its group is empty: the number is still its own.
		select {
		case <-p.ended:
		default:
			_ = syscall.Kill(-p.pid(), syscall.SIGKILL)
		}
		<-p.ended
	})
}
