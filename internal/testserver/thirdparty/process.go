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

// A process runs in its own process group. It ends when its standard input is closed, and so
// does not outlive its test.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	// lines receives the lines of standard output and is closed at the end.
	lines  chan []byte
	ended  chan struct{}
	errors bytes.Buffer // standard error; read only after ended is closed
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
			t.Logf("%v printed:\n%s", command, p.errors.String())
		}
	})
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// read passes on lines of standard output until the process ends. It drops lines that nobody
// waits for.
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

// line waits for the next line and decodes it as JSON.
func (p *process) line(t testing.TB, into any) {
	t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.stop()
			t.Fatalf("%v ended: %v", p.cmd.Args, p.cmd.ProcessState)
		}
		if err := json.Unmarshal(line, into); err != nil {
			t.Fatalf("%v printed %q; expected JSON: %v", p.cmd.Args, line, err)
		}
	case <-time.After(patience):
		t.Fatalf("%v printed nothing for %v", p.cmd.Args, patience)
	}
}

// address waits for the server to print its port.
func (p *process) address(t testing.TB) string {
	t.Helper()
	var said struct{ Port int }
	p.line(t, &said)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(said.Port))
}

// stop asks the process to end, and kills its group after 3 s.
func (p *process) stop() {
	p.end.Do(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		p.stdin.Close()
		select {
		case <-p.ended:
		case <-time.After(3 * time.Second):
		}
		// The process has not been waited for, so its id is not reused.
		select {
		case <-p.ended:
		default:
			_ = syscall.Kill(-p.pid(), syscall.SIGKILL)
		}
		<-p.ended
	})
}
