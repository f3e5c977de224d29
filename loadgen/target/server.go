package target

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto"
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
