package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// A Restart describes how a reference server was ended and started again.
type Restart struct {
	Killed bool
	// Down is from the beginning of its end until the new process listened.
	Down time.Duration
	// Uncounted is how long before its end the old process's counts were read; 0 if it printed them at its end.
	Uncounted time.Duration
}

// errNotStarted is the error of restarting a server that this process did not start.
var errNotStarted = errors.New("rtbench did not start the server; expected an event with run, whose command restarts it")

// Restart ends the reference server, orderly or by force, and starts it again at the same addresses. Stats and CPU then
// are the sums of both processes, except for the memory and goroutines, which are those of the new one. If the
// server does not end in time, it is killed.
func (s *Server) Restart(ctx context.Context, kill bool) (r Restart, err error) {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	began, old := clock.Now(), s.process()
	if old == nil || s.source != nil {
		return r, errNotStarted
	}
	select {
	case <-old.exited:
		return r, old.exitError()
	default:
	}
	counts, uncounted, err := s.endProcess(ctx, old, kill)
	if err != nil {
		return r, err
	}
	r.Killed, r.Uncounted = old.killed, uncounted
	s.end(old, counts)
	if err := s.again(ctx); err != nil {
		s.notRestarted = fmt.Errorf("restarting %s: %w", old.name(), err)
		return r, s.notRestarted
	}
	r.Down = time.Duration(clock.Now() - began)
	return r, nil
}

// endProcess ends the server's process, and returns the counts of all so far: those that it prints at its end, or
// those that were read before it, and how long before.
func (s *Server) endProcess(ctx context.Context, c *child, kill bool) (counts proto.Stats, uncounted time.Duration, err error) {
	at := clock.Now()
	counts, err = s.Stats(ctx)
	if kill {
		c.kill()
	} else {
		c.stop()
		if last, ok := s.lastCounts(c); ok {
			last.CPU = max(last.CPU, counts.CPU) // which clocks read with different precision
			return last, 0, nil
		}
	}
	if err != nil {
		err = fmt.Errorf("the server's counts before its end are unknown: %w", err)
	}
	return counts, time.Duration(clock.Now() - at), err
}

// lastCounts returns the counts that a reference server prints at its end, with those of the processes before it.
func (s *Server) lastCounts(c *child) (proto.Stats, bool) {
	var counts proto.Stats
	err := json.Unmarshal(c.lastly(c.last), &counts)
	return s.ended.and(counts), err == nil
}

// end adds the counts of a process that has ended. The system knows its CPU time, unless a shell ran it.
func (s *Server) end(c *child, counts proto.Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.shell == "" {
		counts.CPU = max(counts.CPU, s.ended.CPU+c.ProcessState.UserTime()+c.ProcessState.SystemTime())
	}
	counts.CPU = max(counts.CPU, s.seenCPU) // by another clock, which may be ahead by a hundredth
	s.ended = total{counts}
	s.pid = 0
}

// again starts the server with the addresses that it had.
func (s *Server) again(ctx context.Context) error {
	defer s.holdPorts()()
	c, err := launch(slices.Concat(s.command, portFlags(s.Info)), s.shell)
	if err != nil {
		return err
	}
	info, err := c.readInfo(ctx)
	if err != nil {
		return err
	}
	if address := elsewhere(s.Info, info); address != "" {
		c.stop()
		return fmt.Errorf(`it listens at %s instead: pass on the flags that rtbench adds, as in exec:'./server --json "$@"'`, address)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child, s.pid = c, info.PID
	s.restarts++
	return nil
}

// portFlags returns the flags with which a server listens at the same addresses.
func portFlags(info proto.Info) (flags []string) {
	for name, address := range addresses(info) {
		if _, port, err := net.SplitHostPort(address); err == nil {
			flags = append(flags, "--port", name+"="+port)
		}
	}
	return flags
}

// addresses returns the addresses of all protocols, and that of control.
func addresses(info proto.Info) map[string]string {
	all := map[string]string{"control": info.Control}
	for name, address := range info.Addresses {
		all[name] = address
	}
	return all
}

// elsewhere returns an address of a restarted server that it did not have before; empty if there is none.
func elsewhere(before, after proto.Info) string {
	was := addresses(before)
	for name, address := range addresses(after) {
		if was[name] != address {
			return address
		}
	}
	return ""
}

// afterRestart returns the child that runs now, once a restart in progress has ended.
func (s *Server) afterRestart() *child {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	return s.process()
}

// Restarts returns how often the server has been restarted.
func (s *Server) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// A total is the sum of what the processes of a server counted that have ended.
type total struct{ proto.Stats }

// and returns the counts of all processes, the last of which has counted so much.
func (t total) and(last proto.Stats) proto.Stats {
	last.CPU += t.CPU
	last.Spin += t.Spin
	last.GCs += t.GCs
	last.GCPause += t.GCPause
	last.MessagesReceived += t.MessagesReceived
	last.MessagesSent += t.MessagesSent
	last.BytesReceived += t.BytesReceived
	last.BytesSent += t.BytesSent
	last.Dropped += t.Dropped
	return last
}
