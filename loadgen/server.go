package loadgen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// serverHandle is the server of one repetition: a child of this process, or one that
// the user has started.
type serverHandle struct {
	info   proto.Info
	tls    *tls.Config
	client *http.Client
	source statsSource // of a server of the user's own, else nil

	shell  string // the command line of the child, if a shell runs it
	child  *exec.Cmd
	stdin  io.Closer
	stderr *tail
	exited chan struct{}
	err    error // of the child's Wait, once exited is closed
	// stopped reports that stop has been called.
	stopped bool
}

const (
	startTimeout = 10 * time.Second
	askAfter     = 500 * time.Millisecond
	restAfter    = 50 * time.Millisecond
	stopTimeout  = 3 * time.Second
)

// statsClient asks for stats, each time on a connection of its own.
func statsClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

func findServer(ctx context.Context, j job) (*serverHandle, error) {
	t := &serverHandle{client: statsClient(), shell: j.shell}
	var err error
	if j.own() {
		t.source, err = newStatsSource(j.scenario.Custom.Stats)
		return t, err
	}
	if j.scenario.Address != "" {
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
	if j.scenario.Address != "" && j.point.TLS != (t.tls != nil) {
		return nil, fmt.Errorf("the scenario asks for tls: %v, but the server at %s is %s it: start it to match, or change the scenario",
			j.point.TLS, j.scenario.Address, map[bool]string{true: "with", false: "without"}[t.tls != nil])
	}
	if err := j.checkShell(t); err != nil {
		t.stop()
		return nil, err
	}
	if asked := j.point.Engine; j.scenario.Address != "" && asked != "" && asked != t.info.Engine {
		return nil, fmt.Errorf("the scenario asks for engine: %s, but the server at %s has %s: start it with --engine %s, or change the scenario",
			asked, j.scenario.Address, t.info.Engine, asked)
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
	if j.shell != "" {
		command = shellCommand(j.shell)
	}
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

// checkShell finds out whether a server that the user's command line has started is as the
// cell asks. Flags reach it only if the line passes them on.
func (j job) checkShell(t *serverHandle) error {
	const how = `: pass on the flags that rtbench adds, as in exec:'./server --json "$@"'`
	switch {
	case j.shell == "":
	case j.point.TLS != (t.tls != nil):
		return fmt.Errorf("the cell has tls: %v, but the server of exec: %s speaks %s TLS%s", j.point.TLS, j.shell, map[bool]string{true: "", false: "no"}[t.tls != nil], how)
	case j.point.Engine != "" && j.point.Engine != t.info.Engine:
		return fmt.Errorf("the cell has engine: %s, but the server of exec: %s has %s%s", j.point.Engine, j.shell, t.info.Engine, how)
	case j.guide() && t.token() == "":
		return fmt.Errorf("the cell needs a token for %s, but the server of exec: %s printed none%s", tokenUser, j.shell, how)
	}
	return nil
}

// ask gets the Info from the control address of a running server.
func (t *serverHandle) ask(ctx context.Context, control string) error {
	control = strings.TrimSuffix(strings.TrimPrefix(control, "http://"), "/")
	if err := t.get(ctx, control, "/", &t.info); err != nil {
		return fmt.Errorf("no reference server answers at %s: %w (start one with `rtbench serve`, or leave the target out to have one started)", control, err)
	}
	t.info.Control = control
	return nil
}

func (t *serverHandle) get(ctx context.Context, control, path string, into any) error {
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
func (t *serverHandle) stats(ctx context.Context) (proto.Stats, error) {
	if t.source != nil {
		return t.source.read(ctx)
	}
	var s proto.Stats
	if t.info.Control == "" {
		return s, errNoStats
	}
	return s, t.get(ctx, t.info.Control, "/stats", &s)
}
