package target

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/loadgen/scrape"
	"rtbench/proto"
	"rtbench/proto/usage"
	"rtbench/scenarios"
)

// A Server is a running server: a child process, or one that the user started. Of a custom
// target it knows only the metrics. Its methods are safe for concurrent use, except Stop.
type Server struct {
	Info proto.Info  // of its first process, if it restarts
	TLS  *tls.Config // nil: cleartext

	client  *http.Client
	source  *statsSource // of a custom target, else nil
	sources Sources      // of a custom target
	here    atomic.Bool  // its process is one of this machine
	remote  bool         // another process reads the stats

	// The command line that starts it, and the file with the certificate of a server that restarts.
	command     []string
	shell       string
	certificate string

	// restarting is held during a restart, and for reading notRestarted.
	restarting   sync.Mutex
	notRestarted error

	mu       sync.Mutex
	child    *child        // nil if the user started the server
	pid      int           // 0 during a restart
	ended    total         // of the processes that restarts have ended
	seenCPU  time.Duration // the highest that Stats and CPU have returned
	restarts int
}

// A Spec describes the server that a cell needs.
type Spec struct {
	Scenario *scenarios.Scenario
	Cell     scenarios.Cell
	// Command starts a reference server unless the scenario has an address.
	Command []string
	// Shell is a shell command line that replaces Command.
	Shell string
}

// Find starts a server or connects to the one at the scenario's address. It fails if the
// server does not have the TLS and stream limit that the cell needs.
func Find(ctx context.Context, spec Spec) (*Server, error) {
	s := &Server{client: newStatsClient()}
	var err error
	if spec.custom() {
		err = s.findCustom(ctx, spec)
		return s, err
	}
	if spec.Scenario.Target != "" {
		err = s.connect(ctx, spec)
	} else {
		err = s.startFor(ctx, spec)
	}
	if err != nil {
		s.removeCertificate()
		return nil, err
	}
	s.trust()
	if err := spec.check(s); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// findCustom finds the sources of the metrics of a custom target, and starts it first if spec has a command line.
func (s *Server) findCustom(ctx context.Context, spec Spec) (err error) {
	stats := spec.Scenario.Custom.Stats
	if spec.Shell != "" {
		if err := s.startCustom(ctx, spec); err != nil {
			return err
		}
	}
	if s.sources, err = newSources(spec.Scenario); err != nil {
		s.Stop()
		return err
	}
	if s.source = s.sources.stats(stats); s.source.name == "" && s.child != nil {
		s.source = processGroupStats(s.child.Process.Pid)
	}
	return nil
}

// Sources returns the sources of the server's own metrics that target.stats names.
func (s *Server) Sources() Sources { return s.sources }

// Attach returns a server for cell c that another process found, with the Info and the use of TLS that it has
// there. It knows no stats.
func Attach(info proto.Info, c scenarios.Cell, secure bool) (*Server, error) {
	s := &Server{Info: info, client: newStatsClient(), remote: true}
	if secure {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	s.trust()
	err := Spec{Scenario: new(scenarios.Scenario), Cell: c}.check(s)
	return s, err
}

// trust makes the server's own certificate, if it has one, the only one that connections accept.
func (s *Server) trust() {
	if s.Info.Certificate != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(s.Info.Certificate))
		s.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
}

// Start starts a reference server without a cell. The caller must Stop it.
func Start(ctx context.Context, command []string) (*Server, error) {
	s := &Server{client: newStatsClient()}
	if err := s.start(ctx, command, ""); err != nil {
		return nil, err
	}
	return s, nil
}

// startFor starts the server of a cell. One that restarts with TLS keeps its certificate.
func (s *Server) startFor(ctx context.Context, spec Spec) error {
	command := spec.command()
	if spec.Cell.TLS && spec.Cell.Restarts() {
		if err := s.makeCertificate(); err != nil {
			return err
		}
		command = append(command, "--certificate", s.certificate)
	}
	return s.start(ctx, command, spec.Shell)
}

// start starts the server and reads its Info.
func (s *Server) start(ctx context.Context, command []string, shell string) error {
	c, err := launch(command, shell)
	if err != nil {
		return err
	}
	s.Info, err = c.readInfo(ctx)
	s.child, s.pid, s.command, s.shell = c, s.Info.PID, command, shell
	return err
}

// check reports a mismatch between the server and the cell. A server that the user's command line
// started gets the flags of the cell only if the command line passes them on.
func (spec Spec) check(s *Server) error {
	cell, which := spec.Cell, "the server at "+spec.Scenario.Target
	fix := ": restart the server to match, or change the scenario"
	if spec.Shell != "" {
		which, fix = "the server of exec: "+spec.Shell, `: pass on the flags that rtbench adds, as in exec:'./server --json "$@"'`
	}
	chosen := spec.Shell != "" || spec.Scenario.Target != ""
	most, n := s.Info.MaxStreams, spec.streams()
	switch {
	case chosen && cell.TLS && s.TLS == nil:
		return fmt.Errorf("the scenario has tls: true, but %s speaks no TLS%s", which, fix)
	case chosen && !cell.TLS && s.TLS != nil:
		return fmt.Errorf("the scenario has tls: false, but %s speaks TLS%s", which, fix)
	case spec.Shell != "" && spec.guide() && s.Token() == "":
		return fmt.Errorf("the scenario needs a token for %s, but %s printed none%s", tokenUser, which, fix)
	case most > 0 && n > most && proto.Multiplexes(cell.Protocol):
		return fmt.Errorf("the scenario has %d streams over %s, but the server at %s allows %d: start it with --max-streams %d, or change the scenario",
			n, cell.Protocol, s.Info.Control, most, n)
	}
	return nil
}

func (spec Spec) custom() bool { return spec.Cell.API == "custom" }
func (spec Spec) guide() bool  { return spec.Cell.API == "guide" }

// streams returns the number of streams on all connections of the cell.
func (spec Spec) streams() int { return spec.Cell.Connections * spec.Cell.Streams }

// A reference server that rtbench starts issues a token for tokenUser. For any other server
// of the guide's API the user sets the environment variable tokenVariable.
const (
	tokenUser     = "rtbench"
	tokenVariable = "RTBENCH_TOKEN"
)

// Token returns the bearer token for the guide's API; it may be empty.
func (s *Server) Token() string {
	if s.process() != nil {
		return s.Info.Tokens[tokenUser]
	}
	return cmp.Or(s.Info.Tokens[tokenUser], os.Getenv(tokenVariable))
}

// errNoStats is the error of a server known only by the address of its API, or read by another process.
var errNoStats = errors.New("the server has no control address")

// Stats returns the resources that the server has used so far, in all of its processes.
func (s *Server) Stats(ctx context.Context) (proto.Stats, error) {
	if s.source != nil {
		return s.source.read(ctx)
	}
	if s.Info.Control == "" || s.remote {
		return proto.Stats{}, errNoStats
	}
	pid, ended, restarts := s.counted()
	stats, err := s.readStats(ctx, pid)
	if _, _, now := s.counted(); err == nil && now != restarts { // of another process than pid
		return s.Stats(ctx)
	}
	stats = ended.and(stats)
	stats.CPU = s.growing(stats.CPU)
	return stats, err
}

// counted returns the server's process and what those before it counted.
func (s *Server) counted() (pid int, ended total, restarts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid, s.ended, s.restarts
}

// readStats reads the stats of the server's process.
func (s *Server) readStats(ctx context.Context, pid int) (stats proto.Stats, err error) {
	before := usage.CPUOf(pid)
	if err := getJSON(ctx, s.client, s.Info.Control, "/stats", &stats); err != nil {
		return stats, err
	}
	// A busy server takes long to answer, and its CPU time grows meanwhile. Unless the PID is one of
	// another machine or container, the server reads a value between two of its clock.
	if before > 0 && stats.CPU >= before-cpuStep && stats.CPU <= usage.CPUOf(pid)+cpuStep {
		stats.CPU = before
		s.here.Store(true)
	}
	return stats, nil
}

// CPU returns the CPU time of a reference server on this machine at once, after a call of Stats; 0 if it
// is elsewhere or unknown.
func (s *Server) CPU() time.Duration {
	if !s.here.Load() {
		return 0
	}
	pid, ended, _ := s.counted()
	if now := usage.CPUOf(pid); now > 0 {
		return s.growing(ended.CPU + now)
	}
	return 0
}

// growing returns the highest CPU time of a reference server so far: clocks that are read at about the same time differ.
func (s *Server) growing(cpu time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seenCPU = max(s.seenCPU, cpu)
	return s.seenCPU
}

// cpuStep is by how much readings of a process's CPU time may differ that were taken at the same time in
// two ways.
const cpuStep = 10 * time.Millisecond

// StatsTimeout returns how long to wait for Stats.
func (s *Server) StatsTimeout() time.Duration {
	if s.source == nil {
		return 300 * time.Millisecond
	}
	return scrape.Timeout
}

// StatsSource names the source of a custom target's metrics; it is empty for other servers.
func (s *Server) StatsSource() string {
	if s.source == nil {
		return ""
	}
	return s.source.name
}

// newStatsClient returns a client that opens a connection for each request.
func newStatsClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
}

// getJSON decodes the reply of a control address.
func getJSON(ctx context.Context, client *http.Client, control, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+control+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP status %s", resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(into)
}

// hostPort returns a control address without its scheme and trailing slash.
func hostPort(control string) string {
	return strings.TrimSuffix(strings.TrimPrefix(control, "http://"), "/")
}
