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
	"strconv"
	"sync"
	"syscall"
	"time"
)

// A server is an `rtbench serve` of its own for one run. Its messages are sampled
// while it serves, since what a client says is to be held against them.
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

// A sample is how many messages the server had sent at a time.
type sample struct {
	at       time.Time
	took     time.Duration // to be answered; at is the middle of it
	messages float64
}

const sampling = 200 * time.Millisecond

func (b *bench) serve(ctx context.Context, engine string) (*server, error) {
	args := []string{"serve", "--json", "--port", "all=0", "--until-stdin-ends"}
	if b.engines {
		args = append(args, "--engine", engine)
	}
	s := &server{process: command(ctx, b.tools.path("rtbench"), args...), stop: make(chan struct{})}
	s.http.Timeout = 2 * time.Second
	out, err := s.process.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	// It ends with its standard input, so also when this process is killed.
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
		s.look()
		select {
		case <-tick.C:
		case <-s.stop:
			s.look() // at the end, for the total
			return
		}
	}
}

func (s *server) look() {
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

// end ends the server and returns what it used.
func (s *server) end() usage {
	close(s.stop)
	s.sampling.Wait()
	s.http.CloseIdleConnections()
	s.stdin.Close()
	u, _ := s.process.wait()
	return u
}

// sent is how many messages it sent in all. After end.
func (s *server) sent() float64 {
	if len(s.samples) == 0 {
		return 0
	}
	return s.samples[len(s.samples)-1].messages
}

// rateFrom is how many messages a second it sent from a time to the end of a load that
// was over at to. Between samples they are taken to lie on a line. After end.
func (s *server) rateFrom(from, to time.Time) float64 {
	before := s.sent()
	for i := 1; i < len(s.samples); i++ {
		if a, b := s.samples[i-1], s.samples[i]; b.at.After(from) {
			part := from.Sub(a.at).Seconds() / b.at.Sub(a.at).Seconds()
			before = a.messages + max(0, part)*(b.messages-a.messages)
			break
		}
	}
	return (s.sent() - before) / to.Sub(from).Seconds()
}

// rateWithin is how many messages a second it sent between its first and its last
// sample in [from, to], and how far off that may be as a part of it, since a server
// that floods is slow to answer. 0 when there are not two samples. After end.
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

// freePort is one that nothing listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	addr, _ := l.Addr().(*net.TCPAddr)
	return strconv.Itoa(addr.Port), nil
}

// listen starts a peer's own server and waits until it accepts. end ends it with the
// signal.
func listen(ctx context.Context, port string, signal os.Signal, path string, args ...string) (end func() usage, err error) {
	p := command(ctx, path, args...)
	if err := p.start(); err != nil {
		return nil, err
	}
	end = func() usage {
		_ = p.cmd.Process.Signal(signal)
		kill := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Signal(syscall.SIGKILL) })
		defer kill.Stop()
		u, _ := p.wait()
		return u
	}
	for range 100 {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return end, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	end()
	return nil, fmt.Errorf("%s did not begin to listen: %s", path, p.errors.String())
}
