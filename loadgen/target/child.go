package target

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/spec"
)

const (
	startTimeout = 10 * time.Second
	// exitDelay is the time that a child has to exit once its standard input is closed.
	exitDelay = 500 * time.Millisecond
	// stderrDelay is the time that descendants may keep standard error open after the exit.
	stderrDelay = 50 * time.Millisecond
	killTimeout = 3 * time.Second
)

// A child is a server process that this process started. It exits when its standard input is
// closed, so it does not outlive this process even if that is killed.
type child struct {
	*exec.Cmd
	shell   string // the command line, if a shell runs it
	custom  bool   // not one that stops when its standard input is closed
	stdin   io.Closer
	stderr  *Tail
	info    chan []byte // receives the first line of its standard output
	last    chan []byte // and the second, with the counts of a reference server at its end
	exited  chan struct{}
	err     error // of Wait, once exited is closed
	stopped bool
	killed  bool // by force
}

// launch starts a child.
func launch(command []string, shell string) (*child, error) {
	c := &child{
		Cmd: exec.Command(command[0], command[1:]...), shell: shell, stderr: new(Tail), exited: make(chan struct{}),
		info: make(chan []byte, 1), last: make(chan []byte, 1),
	}
	if shell == "" {
		c.Args[0] = "rtbench"
	}
	c.SysProcAttr = newProcessGroup()
	c.WaitDelay = stderrDelay
	c.Stderr = c.stderr
	out, err := c.start()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.name(), err)
	}
	go c.readOutput(out)
	go func() {
		if c.err = c.Wait(); errors.Is(c.err, exec.ErrWaitDelay) {
			c.err = nil
		}
		close(c.exited)
	}()
	return c, nil
}

// readOutput reads the two lines that a reference server prints: its addresses, and its counts at its end.
func (c *child) readOutput(out io.ReadCloser) {
	defer out.Close()
	lines := bufio.NewReader(io.LimitReader(out, 2*maxInfo))
	for _, line := range []chan []byte{c.info, c.last} {
		b, _ := lines.ReadBytes('\n')
		line <- b
	}
	_, _ = io.Copy(io.Discard, out)
}

// start starts the process and returns its standard output. It makes the pipe itself because
// Wait would wait for every process that holds a pipe of exec.Cmd.
func (c *child) start() (io.ReadCloser, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	c.Stdout = in
	if c.stdin, err = c.StdinPipe(); err == nil {
		err = c.Start()
	}
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	return out, nil
}

// name is the server's name in messages.
func (c *child) name() string {
	if c.shell != "" {
		return "the server of exec: " + c.shell
	}
	return proto.ReferenceServer
}

// readInfo reads the line with the server's addresses. It ends a child that prints none.
func (c *child) readInfo(ctx context.Context) (info proto.Info, err error) {
	defer func() {
		if err != nil {
			c.stop()
			err = fmt.Errorf("%s did not start: %w", c.name(), err)
		}
	}()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	var b []byte
	select {
	case b = <-c.info:
	case <-c.exited:
		b = c.lastly(c.info)
	case <-timeout.C:
		return info, fmt.Errorf("it printed no addresses for %v; expected them as JSON on one line, as `rtbench serve --json` prints them%s", startTimeout, c.complaint())
	case <-ctx.Done():
		return info, ctx.Err()
	}
	if len(b) == 0 {
		c.stop()
		return info, fmt.Errorf("it exited without output: %w%s", c.exitReason(), c.complaint())
	}
	if err := json.Unmarshal(b, &info); err != nil || len(info.Addresses) == 0 {
		return info, fmt.Errorf("it printed %s; expected its addresses as JSON on the first line, as `rtbench serve --json` prints them%s", spec.Quote(strings.TrimSpace(string(b))), c.complaint())
	}
	return info, nil
}

// lastly returns a line of a child that has exited. It may still be in the pipe.
func (*child) lastly(line <-chan []byte) []byte {
	select {
	case b := <-line:
		return b
	case <-time.After(exitDelay):
		return nil
	}
}

// maxInfo bounds the line with a server's addresses, in bytes.
const maxInfo = 1 << 20

// complaint returns the end of the server's standard error as the end of a sentence.
func (c *child) complaint() string {
	if text := c.stderr.String(); text != "" {
		return ": " + text
	}
	return ""
}

// exitReason may be called once exited is closed.
func (c *child) exitReason() error {
	if c.err == nil {
		return errors.New("exit status 0")
	}
	return c.err
}

// stop ends the child and waits for it. It may be called again.
func (c *child) stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	_ = c.stdin.Close()
	defer c.killGroup()
	patience := exitDelay
	if c.custom {
		patience = 0
	}
	for _, step := range []struct {
		after  time.Duration
		signal os.Signal
	}{{patience, os.Interrupt}, {killTimeout, os.Kill}} {
		select {
		case <-c.exited:
			return
		case <-time.After(step.after):
			c.killed = step.signal == os.Kill
			signalGroup(c.Process, step.signal)
		}
	}
	<-c.exited
}

// kill ends the child by force and waits for it.
func (c *child) kill() {
	c.stopped, c.killed = true, true
	killGroup(c.Process)
	<-c.exited
	_ = c.stdin.Close()
}

// killGroup kills other processes that a shell has started.
func (c *child) killGroup() {
	if c.shell != "" {
		killGroup(c.Process)
	}
}
