package target

import (
	"context"
	"fmt"
	"time"

	"rtbench/proto"
)

// process returns the child that runs now; nil if there is none.
func (s *Server) process() *child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child
}

// CancelOnExit calls cancel if the child exits before ctx ends, unless Restart replaces it. It blocks until then.
func (s *Server) CancelOnExit(ctx context.Context, cancel context.CancelCauseFunc) {
	for c := s.process(); c != nil; {
		select {
		case <-c.exited:
		case <-ctx.Done():
			return
		}
		next := s.afterRestart()
		if next == c {
			cancel(s.ExitError())
			return
		}
		c = next
	}
}

// ExitError returns an error if the child has exited. Connections break before the exit of
// their process is seen, so it waits a little for that.
func (s *Server) ExitError() error {
	c := s.afterRestart()
	if c == nil {
		return nil
	}
	select {
	case <-c.exited:
		return s.exitErrorOf(c)
	case <-time.After(exitDelay):
		return nil
	}
}

// exitErrorOf returns the error of a child that has exited, unless a restart ended and replaced it.
func (s *Server) exitErrorOf(c *child) error {
	s.restarting.Lock()
	defer s.restarting.Unlock()
	switch {
	case s.process() != c:
		return nil
	case s.notRestarted != nil:
		return s.notRestarted
	}
	return c.exitError()
}

// exitError returns the error of a child that has exited by itself.
func (c *child) exitError() error {
	return fmt.Errorf("%s: %w%s", c.name()+proto.ExitedDuringRun, c.exitReason(), c.complaint())
}

// Stop ends the child, if there is one, and waits for it. It may be called again.
func (s *Server) Stop() {
	s.client.CloseIdleConnections()
	if c := s.afterRestart(); c != nil {
		c.stop()
	}
	s.removeCertificate()
}
