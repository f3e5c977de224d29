// Package server is the reference server: every protocol of proto.Protocols in one
// process, each on its own listener. Traffic patterns are written once, over the stream
// interface; the file of a protocol turns its connections into streams. The server
// reports only its own counts and resource usage.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/server/guide"
)

// A Server serves until Close.
type Server struct {
	info       proto.Info
	tls        *tls.Config
	fault      Fault
	cfg        Config
	stops      []func() // of services
	stats      stats
	hub        hub
	guide      *guide.Guide
	uploads    uploads
	refusals   refusals
	freeMemory *time.Timer
	loops      []*eventloop.Loop // only with stack lean
	nextLoop   atomic.Uint32

	ctx    context.Context // ends when Close begins
	cancel context.CancelFunc

	workers     sync.WaitGroup // goroutines that send on or end streams
	metronomes  []*pace.Metronome
	metronomeMu sync.Mutex
	faultSpin   atomic.Int64 // busy-wait time of faulty streams, in nanoseconds
}

// Start listens and serves. It fails if an address is unavailable, or the fault or the stack is
// invalid.
func Start(cfg Config) (*Server, error) {
	fault, err := ParseFault(cfg.Fault)
	if err == nil {
		err = CheckStack(cfg.Stack)
	}
	if err != nil {
		return nil, err
	}
	s := &Server{fault: fault, cfg: cfg.WithDefaults(), guide: guide.New(cfg.Guide), freeMemory: time.AfterFunc(time.Hour, debug.FreeOSMemory)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.hub, s.uploads = hub{server: s, topics: map[string]*topic{}}, uploads{runs: map[uploadKey]*uploadRun{}}
	s.info = proto.Info{
		PID: os.Getpid(), Clock: clock.ID(), MaxStreams: s.cfg.MaxStreams, Addresses: map[string]string{}, Stacks: map[string]string{}, Libraries: proto.LibraryVersions(),
	}
	if err := s.start(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) start() error {
	if s.cfg.TLS {
		if err := s.takeCertificate(); err != nil {
			return err
		}
	}
	if err := s.startLoops(); err != nil {
		return err
	}
	for _, p := range proto.Protocols {
		if p.QUIC && s.tls == nil { // it is always encrypted
			continue
		}
		stack := proto.ServerStack(p.Name, s.cfg.Stack)
		address, stop, err := servedBy(p.Name, stack).open(s, p.Name)
		if err != nil {
			return err
		}
		s.info.Addresses[p.Name], s.info.Stacks[p.Name] = address, stack
		s.stops = append(s.stops, stop)
	}
	l, err := s.listen("control")
	if err != nil {
		return err
	}
	s.info.Control = l.Addr().String()
	s.stops = append(s.stops, serveControl(s, l))
	return nil
}

// startLoops starts the event loops of stack lean, where they are supported.
func (s *Server) startLoops() error {
	if s.cfg.Stack != proto.Lean || s.cfg.TLS {
		return nil
	}
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		l, err := eventloop.New()
		if errors.Is(err, errors.ErrUnsupported) {
			return nil
		}
		if err != nil {
			return err
		}
		s.loops = append(s.loops, l)
	}
	return nil
}

func (s *Server) listen(name string) (net.Listener, error) {
	address := s.addressFor(name)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cannotListen(name, address, err)
	}
	return l, nil
}

// addressFor returns the configured address of a protocol, or of "control".
func (s *Server) addressFor(name string) string {
	return net.JoinHostPort(cmp.Or(s.cfg.Host, "127.0.0.1"), strconv.Itoa(s.cfg.Ports[name]))
}

func cannotListen(name, address string, err error) error {
	return fmt.Errorf("cannot listen for %s on %s: %w (choose another port with --port %s=PORT, 0 for a free one)",
		name, address, cause(err), name)
}

// cause returns the innermost wrapped error.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// TokenFor returns a token for a user of the guide API.
func (s *Server) TokenFor(user string) string { return s.guide.Tokens.For(user) }

// Info returns the server's addresses. Do not modify the map.
func (s *Server) Info() proto.Info { return s.info }

// Close ends all streams and waits for all goroutines of the server. It may be called
// more than once, but not concurrently.
func (s *Server) Close() {
	s.guide.Close()
	s.cancel()
	s.freeMemory.Stop()
	// Concurrently: a metronome may wait for a stream of one protocol while streams of
	// another wait for the metronome.
	var wg sync.WaitGroup
	for _, stop := range s.stops {
		wg.Go(stop)
	}
	for _, l := range s.loops {
		wg.Go(l.Close)
	}
	wg.Wait()
	s.stops, s.loops = nil, nil
	s.metronomeMu.Lock()
	for _, m := range s.metronomes {
		m.Close()
	}
	s.metronomeMu.Unlock()
	s.workers.Wait()
}

// metronome returns the metronome that paces the stream of call c or delays its messages.
// The first call starts the metronomes, so that a server without one needs no threads;
// its rate determines how long they spin. Those of a closed server end their tasks at once: a stream
// may still be starting.
func (s *Server) metronome(c proto.Call) *pace.Metronome {
	s.metronomeMu.Lock()
	defer s.metronomeMu.Unlock()
	if s.metronomes == nil {
		cores := runtime.GOMAXPROCS(0)
		for range max(1, cores/4) {
			m := pace.NewMetronome(pace.Spin(cores, c.Peak()))
			if s.ctx.Err() != nil { // Close may have closed the others already
				m.Close()
			}
			s.metronomes = append(s.metronomes, m)
		}
	}
	return s.metronomes[c.Share%len(s.metronomes)]
}

func (s *Server) spun() time.Duration {
	s.metronomeMu.Lock()
	defer s.metronomeMu.Unlock()
	d := time.Duration(s.faultSpin.Load())
	for _, m := range s.metronomes {
		d += m.Spun()
	}
	return d
}
