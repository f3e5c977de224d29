package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// A Clock is that by which a server stamps and paces messages, if it is not this machine's.
type Clock struct {
	address string // control address; empty if the clock cannot be read
	wall    bool   // the wall clock
}

// ClockOf returns the clock of the server for a cell. It returns nil if that is the clock of this machine, or if
// the cell's times do not depend on it.
func (s *Server) ClockOf(c scenarios.Cell) *Clock {
	stamps := c.API == cell.Guide && c.AcrossClocks() // by the wall clock
	switch {
	case c.API == cell.Custom, c.API == cell.Guide && !stamps, s.Info.Clock == clock.ID():
		return nil
	case s.Info.Clock != "":
		return &Clock{s.Info.Control, stamps}
	case stamps && !loopback(s.Info.Addresses[c.Protocol]):
		return &Clock{}
	}
	return nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Known reports whether the clock can be read.
func (k *Clock) Known() bool { return k.address != "" }

// clockTimeout limits the wait for a connection to the control address and for each answer.
const clockTimeout = 5 * time.Second

// Read relates the server's clock to clock.Now, over one connection to its control address.
func (k *Clock) Read(ctx context.Context) (clock.Reading, error) {
	nc, err := (&net.Dialer{Timeout: clockTimeout}).DialContext(ctx, "tcp", k.address)
	if err != nil {
		return clock.Reading{}, fmt.Errorf("reading the server's clock: %w", err)
	}
	defer func() { _ = nc.Close() }()
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	answers := bufio.NewReader(nc)
	question := []byte("GET " + proto.ClockPath + " HTTP/1.1\r\nHost: " + k.address + "\r\n\r\n")
	r, err := clock.Read(func() (int64, error) {
		_ = nc.SetDeadline(time.Now().Add(clockTimeout))
		if _, err := nc.Write(question); err != nil {
			return 0, err
		}
		return k.readAnswer(answers)
	}, clock.Now)
	if err != nil {
		return r, fmt.Errorf("reading the server's clock at %s: %w", k.address, err)
	}
	return r, nil
}

var errNoTime = errors.New("its answer is not a time; expected a server of the same version of rtbench")

func (k *Clock) readAnswer(answers *bufio.Reader) (int64, error) {
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return 0, err
	}
	var monotonic, wall int64
	if _, err := fmt.Fscan(strings.NewReader(string(body)), &monotonic, &wall); err != nil || resp.StatusCode != http.StatusOK {
		return 0, errNoTime
	}
	if k.wall {
		return wall, nil
	}
	return monotonic, nil
}
