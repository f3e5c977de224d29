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
	exited  chan struct{}
	err     error // of Wait, once exited is closed
	stopped bool
}

// start starts the server and reads its Info.
func (s *Server) start(ctx context.Context, command []string, shell string) error {
	line, err := s.launch(command, shell)
	if err != nil {
		return err
	}
	if err := s.readInfo(ctx, line); err != nil {
		s.Stop()
		return fmt.Errorf("%s did not start: %w", s.child.name(), err)
	}
	return nil
}

// launch starts the child. The channel receives the first line of its standard output.
func (s *Server) launch(command []string, shell string) (<-chan []byte, error) {
	c := &child{Cmd: exec.Command(command[0], command[1:]...), shell: shell, stderr: new(Tail), exited: make(chan struct{})}
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
	s.child = c
	line := make(chan []byte, 1)
	go func() {
		defer out.Close()
		b, _ := bufio.NewReader(io.LimitReader(out, maxInfo)).ReadBytes('\n')
		line <- b
		_, _ = io.Copy(io.Discard, out)
	}()
	go func() {
		if c.err = c.Wait(); errors.Is(c.err, exec.ErrWaitDelay) {
			c.err = nil
		}
		close(c.exited)
	}()
	return line, nil
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

// readInfo reads the line with the server's addresses.
func (s *Server) readInfo(ctx context.Context, line <-chan []byte) error {
	c := s.child
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	var b []byte
	select {
	case b = <-line:
	case <-c.exited:
		select { // its last output may still be in the pipe
		case b = <-line:
		case <-time.After(exitDelay):
		}
	case <-timeout.C:
		return fmt.Errorf("it printed no addresses for %v; expected them as JSON on one line, as `rtbench serve --json` prints them%s", startTimeout, c.complaint())
	case <-ctx.Done():
		return ctx.Err()
	}
	if len(b) == 0 {
		s.Stop()
		return fmt.Errorf("it exited without output: %w%s", c.exitReason(), c.complaint())
	}
	if err := json.Unmarshal(b, &s.Info); err != nil || len(s.Info.Addresses) == 0 {
		return fmt.Errorf("it printed %s; expected its addresses as JSON on the first line, as `rtbench serve --json` prints them%s", spec.Quote(strings.TrimSpace(string(b))), c.complaint())
	}
	return nil
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

// CancelOnExit calls cancel if the child exits before ctx ends. It blocks until then.
func (s *Server) CancelOnExit(ctx context.Context, cancel context.CancelCauseFunc) {
	if s.child == nil {
		return
	}
	select {
	case <-s.child.exited:
		cancel(s.ExitError())
	case <-ctx.Done():
	}
}

// ExitError returns an error if the child has exited. Connections break before the exit of
// their process is seen, so it waits a little for that.
func (s *Server) ExitError() error {
	if s.child == nil {
		return nil
	}
	select {
	case <-s.child.exited:
		return fmt.Errorf("%s: %w%s", s.child.name()+proto.ExitedDuringRun, s.child.exitReason(), s.child.complaint())
	case <-time.After(exitDelay):
		return nil
	}
}

// Stop ends the child, if there is one, and waits for it. It may be called again.
func (s *Server) Stop() {
	s.client.CloseIdleConnections()
	c := s.child
	if c == nil || c.stopped {
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
			signalGroup(c.Process, step.signal)
		}
	}
	<-c.exited
}

// killGroup kills other processes that a shell has started.
func (c *child) killGroup() {
	if c.shell != "" {
		killGroup(c.Process)
	}
}
