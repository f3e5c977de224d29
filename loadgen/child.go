package loadgen

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// start starts the server as a child, which ends when its standard input does:
// even if this process is killed, it does not stay behind.
func (t *serverHandle) start(ctx context.Context, command []string) error {
	t.child = exec.Command(command[0], command[1:]...)
	if t.shell == "" {
		t.child.Args[0] = "rtbench"
	}
	t.child.SysProcAttr = ownGroup()
	t.child.WaitDelay = restAfter // others in its group may hold its standard error
	t.stderr = &tail{}
	t.child.Stderr = t.stderr
	out, err := t.startChild()
	if err != nil {
		return fmt.Errorf("starting %s: %w", t.name(), err)
	}
	t.exited = make(chan struct{})
	line := make(chan []byte, 1)
	go func() {
		defer out.Close()
		b, _ := bufio.NewReader(io.LimitReader(out, maxInfo)).ReadBytes('\n')
		line <- b
		_, _ = io.Copy(io.Discard, out)
	}()
	go func() {
		if t.err = t.child.Wait(); errors.Is(t.err, exec.ErrWaitDelay) {
			t.err = nil
		}
		close(t.exited)
	}()
	if err := t.readInfo(ctx, line); err != nil {
		t.stop()
		return fmt.Errorf("%s did not start: %w", t.name(), err)
	}
	return nil
}

// startChild starts the child and returns its standard output: a pipe of its own, as that of
// exec.Cmd would have Wait wait for all who hold it.
func (t *serverHandle) startChild() (io.ReadCloser, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	t.child.Stdout = in
	if t.stdin, err = t.child.StdinPipe(); err == nil {
		err = t.child.Start()
	}
	if err != nil {
		_ = out.Close()
		return nil, err
	}
	return out, nil
}

// name is what messages call the server.
func (t *serverHandle) name() string {
	if t.shell != "" {
		return "the server of exec: " + t.shell
	}
	return "the reference server"
}

// readInfo takes the line in which the server says where it listens.
func (t *serverHandle) readInfo(ctx context.Context, line <-chan []byte) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	var b []byte
	select {
	case b = <-line:
	case <-t.exited:
		select { // what it printed at last may be on its way
		case b = <-line:
		case <-time.After(askAfter):
		}
	case <-timeout.C:
		return fmt.Errorf("it printed no addresses for %v; expected them as JSON on one line, as `rtbench serve --json` prints them%s", startTimeout, t.complaint())
	case <-ctx.Done():
		return ctx.Err()
	}
	if len(b) == 0 {
		t.stop()
		return fmt.Errorf("it printed nothing and ended: %w%s", t.ending(), t.complaint())
	}
	if err := json.Unmarshal(b, &t.info); err != nil || len(t.info.Addresses) == 0 {
		return fmt.Errorf("it printed %s; expected its addresses as JSON on the first line, as `rtbench serve --json` prints them%s", shortened(b), t.complaint())
	}
	return nil
}

// maxInfo bounds the line in which a server says where it listens.
const maxInfo = 1 << 20

// shortened is the beginning of what was printed, in quotes.
func shortened(b []byte) string {
	const most = 100
	text := []rune(strings.TrimSpace(string(b)))
	if len(text) > most {
		return strconv.Quote(string(text[:most])) + "…"
	}
	return strconv.Quote(string(text))
}

// complaint is what the server wrote to its standard error, as the end of a sentence.
func (t *serverHandle) complaint() string {
	if text := t.stderr.String(); text != "" {
		return ": " + text
	}
	return ""
}

// watch cancels when the child dies before ctx ends.
func (t *serverHandle) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	if t.child == nil {
		return
	}
	select {
	case <-t.exited:
		cancel(t.died())
	case <-ctx.Done():
	}
}

// died returns how the child ended, or nil. A connection that breaks is seen before the
// end of the process that had it, so it waits a little.
func (t *serverHandle) died() error {
	if t.child == nil {
		return nil
	}
	select {
	case <-t.exited:
		return fmt.Errorf("%s ended in the middle: %w%s", t.name(), t.ending(), t.complaint())
	case <-time.After(askAfter):
		return nil
	}
}

// stop ends the child, if there is one, and waits until it has.
func (t *serverHandle) stop() {
	t.client.CloseIdleConnections()
	if t.child == nil || t.stopped {
		return
	}
	t.stopped = true
	_ = t.stdin.Close()
	// A server that does not watch its standard input is asked, then made, to end.
	for _, end := range []struct {
		after time.Duration
		how   os.Signal
	}{{askAfter, os.Interrupt}, {stopTimeout, os.Kill}} {
		select {
		case <-t.exited:
			t.endOthers()
			return
		case <-time.After(end.after):
			signalGroup(t.child.Process, end.how)
		}
	}
	<-t.exited
	t.endOthers()
}

// endOthers ends what else a shell has started.
func (t *serverHandle) endOthers() {
	if t.shell != "" {
		killRest(t.child.Process)
	}
}

// tail keeps the last of what a child writes to its standard error.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if n := len(t.b) - 2000; n > 0 {
		t.b = t.b[n:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.b))
}

// ending is how the child ended; it is called once exited is closed.
func (t *serverHandle) ending() error {
	if t.err == nil {
		return errors.New("it stopped by itself")
	}
	return t.err
}
