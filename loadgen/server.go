package loadgen

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// A target is the server of one repetition: a child of this process, or one that
// the user has started.
type target struct {
	info   proto.Info
	tls    *tls.Config
	client *http.Client
	source statsSource // of a server of the user's own, else nil

	child  *exec.Cmd
	stdin  io.Closer
	stderr *tail
	exited chan struct{}
	err    error // of the child's Wait, once exited is closed
}

const (
	startTimeout = 10 * time.Second
	askAfter     = 500 * time.Millisecond
	stopTimeout  = 3 * time.Second
)

// statsClient asks for stats, each time on a connection of its own.
func statsClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

func findServer(ctx context.Context, j job) (*target, error) {
	t := &target{client: statsClient()}
	var err error
	if j.own() {
		t.source, err = newStatsSource(j.scenario.Own.Stats)
		return t, err
	}
	if j.scenario.Target != "" {
		err = t.find(ctx, j)
	} else {
		err = t.start(ctx, j.serverCommand())
	}
	if err != nil {
		return nil, err
	}
	if t.info.Certificate != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(t.info.Certificate))
		t.tls = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	if j.scenario.Target != "" && j.point.TLS != (t.tls != nil) {
		return nil, fmt.Errorf("the scenario asks for tls: %v, but the server at %s is %s it: start it to match, or change the scenario",
			j.point.TLS, j.scenario.Target, map[bool]string{true: "with", false: "without"}[t.tls != nil])
	}
	if asked := j.point.Engine; j.scenario.Target != "" && asked != "" && asked != t.info.Engine {
		return nil, fmt.Errorf("the scenario asks for engine: %s, but the server at %s has %s: start it with --engine %s, or change the scenario",
			asked, j.scenario.Target, t.info.Engine, asked)
	}
	if most, n := t.info.MaxStreams, j.allStreams(); most > 0 && n > most && driver.Multiplexes(j.point.Protocol) {
		return nil, fmt.Errorf("the scenario asks for %d streams over %s, but the server at %s takes %d: start it with --max-streams %d, or change the scenario",
			n, j.point.Protocol, t.info.Control, most, n)
	}
	return t, nil
}

// serverCommand is the command that starts a server as the job's cell asks for it.
func (j job) serverCommand() []string {
	command := j.server[:len(j.server):len(j.server)]
	if j.point.TLS {
		command = append(command, "--tls")
	}
	if j.point.Engine != "" {
		command = append(command, "--engine", j.point.Engine)
	}
	if n := j.allStreams(); n > proto.DefaultStreams && driver.Multiplexes(j.point.Protocol) {
		command = append(command, "--max-streams", strconv.Itoa(n))
	}
	return append(command, j.guideFlags()...)
}

// allStreams is how many streams the job's cell has on all its connections.
func (j job) allStreams() int { return j.point.Connections * j.point.Streams }

// ask gets the Info from the control address of a running server.
func (t *target) ask(ctx context.Context, control string) error {
	control = strings.TrimSuffix(strings.TrimPrefix(control, "http://"), "/")
	if err := t.get(ctx, control, "/", &t.info); err != nil {
		return fmt.Errorf("no reference server answers at %s: %w (start one with `rtbench serve`, or leave the target out to have one started)", control, err)
	}
	t.info.Control = control
	return nil
}

func (t *target) get(ctx context.Context, control, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+control+path, nil)
	if err != nil {
		return err
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP status %s", resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(into)
}

// stats asks the server what it has used so far.
func (t *target) stats(ctx context.Context) (proto.Stats, error) {
	if t.source != nil {
		return t.source.read(ctx)
	}
	var s proto.Stats
	if t.info.Control == "" {
		return s, errNoStats
	}
	return s, t.get(ctx, t.info.Control, "/stats", &s)
}

// start starts the server as a child, which ends when its standard input does:
// even if this process is killed, it does not stay behind.
func (t *target) start(ctx context.Context, command []string) error {
	t.child = exec.Command(command[0], command[1:]...)
	t.child.Args[0] = "rtbench"
	t.child.SysProcAttr = ownGroup()
	t.stderr = &tail{}
	t.child.Stderr = t.stderr
	var err error
	if t.stdin, err = t.child.StdinPipe(); err != nil {
		return fmt.Errorf("starting the reference server: %w", err)
	}
	out, err := t.child.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting the reference server: %w", err)
	}
	if err := t.child.Start(); err != nil {
		return fmt.Errorf("starting the reference server: %w", err)
	}
	t.exited = make(chan struct{})
	line := make(chan []byte, 1)
	go func() {
		b, _ := bufio.NewReader(out).ReadBytes('\n')
		line <- b
		_, _ = io.Copy(io.Discard, out)
		t.err = t.child.Wait()
		close(t.exited)
	}()
	return t.readInfo(ctx, line)
}

func (t *target) readInfo(ctx context.Context, line <-chan []byte) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	err := errors.New("it said nothing")
	ended := false
	select {
	case b := <-line:
		if ended = len(b) == 0; !ended {
			err = json.Unmarshal(b, &t.info)
		}
	case <-timeout.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	t.stop()
	if ended {
		err = fmt.Errorf("%w and ended: %w", err, t.ending())
	}
	return fmt.Errorf("the reference server did not start: %w %s", err, t.stderr)
}

// watch cancels when the child dies before ctx ends.
func (t *target) watch(ctx context.Context, cancel context.CancelCauseFunc) {
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
func (t *target) died() error {
	if t.child == nil {
		return nil
	}
	select {
	case <-t.exited:
		return fmt.Errorf("the reference server ended in the middle: %w %s", t.ending(), t.stderr)
	case <-time.After(askAfter):
		return nil
	}
}

// stop ends the child, if there is one, and waits until it has.
func (t *target) stop() {
	t.client.CloseIdleConnections()
	if t.child == nil {
		return
	}
	_ = t.stdin.Close()
	// A server that does not watch its standard input is asked, then made, to end.
	for _, end := range []struct {
		after time.Duration
		how   os.Signal
	}{{askAfter, os.Interrupt}, {stopTimeout, os.Kill}} {
		select {
		case <-t.exited:
			return
		case <-time.After(end.after):
			_ = t.child.Process.Signal(end.how)
		}
	}
	<-t.exited
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
func (t *target) ending() error {
	if t.err == nil {
		return errors.New("it stopped by itself")
	}
	return t.err
}
