package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// A server is an `rtbench serve` for one run. Its message count is sampled for comparison with
// the client's.
type server struct {
	process   *process
	stdin     io.Closer
	control   string
	addresses map[string]string
	http      http.Client

	sampling sync.WaitGroup
	stop     chan struct{}
	samples  []sample
}

// A sample is the number of messages sent at a point in time.
type sample struct {
	at       time.Time
	took     time.Duration // duration of the request; at is its middle
	messages float64
}

const sampling = 200 * time.Millisecond

func (b *bench) serve(ctx context.Context, stack string) (*server, error) {
	p := command(ctx, b.tools.path("rtbench"), "serve", "--json", "--port", "all=0", "--until-stdin-ends", "--stack", stack)
	s := &server{process: p, stop: make(chan struct{})}
	s.http.Timeout = 2 * time.Second
	out, err := s.process.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	// The server ends with its standard input, even if this process is killed.
	if s.stdin, err = s.process.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.process.start(); err != nil {
		return nil, err
	}
	var info struct {
		Control   string            `json:"control"`
		Addresses map[string]string `json:"addresses"`
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &info)
	}
	if err != nil {
		s.stdin.Close()
		_, werr := s.process.wait()
		return nil, errors.Join(fmt.Errorf("rtbench serve: %w", err), werr)
	}
	s.control, s.addresses = info.Control, info.Addresses
	s.sampling.Go(s.sample)
	return s, nil
}

func (s *server) sample() {
	tick := time.NewTicker(sampling)
	defer tick.Stop()
	for {
		s.takeSample()
		select {
		case <-tick.C:
		case <-s.stop:
			s.takeSample() // once more, for the total
			return
		}
	}
}

func (s *server) takeSample() {
	before := time.Now()
	answer, err := s.http.Get("http://" + s.control + "/stats")
	if err != nil {
		return
	}
	defer answer.Body.Close()
	var stats struct {
		Sent float64 `json:"messages_sent"`
	}
	if json.NewDecoder(answer.Body).Decode(&stats) != nil {
		return
	}
	took := time.Since(before)
	s.samples = append(s.samples, sample{before.Add(took / 2), took, stats.Sent})
}

// end ends the server and returns its usage.
func (s *server) end() usage {
	close(s.stop)
	s.sampling.Wait()
	s.http.CloseIdleConnections()
	s.stdin.Close()
	u, _ := s.process.wait()
	return u
}

// sent returns the total number of messages sent. Call it after end.
func (s *server) sent() float64 {
	if len(s.samples) == 0 {
		return 0
	}
	return s.samples[len(s.samples)-1].messages
}

// rateWithin returns the messages sent per second between the first and last sample in [from,
// to], and its relative uncertainty, since a flooding server is slow to respond. Both are 0
// with fewer than two samples. Call it after end.
func (s *server) rateWithin(from, to time.Time) (rate, doubt float64) {
	var in []sample
	for _, x := range s.samples {
		if !x.at.Before(from) && !x.at.After(to) {
			in = append(in, x)
		}
	}
	if len(in) < 2 {
		return 0, 0
	}
	a, b := in[0], in[len(in)-1]
	length := b.at.Sub(a.at).Seconds()
	return (b.messages - a.messages) / length, (a.took + b.took).Seconds() / 2 / length
}

// onPeer runs load against a peer's own server, once that accepts connections on the port. signal
// stops the server.
func onPeer(ctx context.Context, signal os.Signal, serve func(port string) []string, load func(port string) (*run, error)) (*run, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := serve(port)
	p := command(ctx, args[0], args[1:]...)
	if err := p.start(); err != nil {
		return nil, err
	}
	r, err := &run{}, awaitListener(port)
	if err == nil {
		r, err = load(port)
	}
	_ = p.cmd.Process.Signal(signal)
	kill := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Signal(syscall.SIGKILL) })
	defer kill.Stop()
	used, _ := p.wait()
	if err != nil {
		return nil, fmt.Errorf("%w (the server: %s)", err, p.errors.String())
	}
	r.Server = used
	return r, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// awaitListener waits until a server accepts connections.
func awaitListener(port string) (err error) {
	for range 100 {
		var c net.Conn
		if c, err = net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			return c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
