//go:build !nofleet

package fleet

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"rtbench/loadgen/target"
)

// TokenVariable is the environment variable with the token of a fleet.
const TokenVariable = "RTBENCH_FLEET_TOKEN"

// A local is an agent that the coordinator started on this machine.
type local struct {
	*exec.Cmd
	name   string
	stdin  io.Closer
	errors target.Tail
	exited chan struct{}
}

// StartLocal starts n agents on this machine. command is that of an agent; the address of NATS and the
// agent's name are added.
func (c *Coordinator) StartLocal(command []string, n int) error {
	for i := range n {
		l := &local{name: fmt.Sprintf("local-%d-%s", i+1, c.run[len(c.run)-6:]), exited: make(chan struct{})}
		args := append(command[1:len(command):len(command)], "--join", c.bus.URL, "--name", l.name)
		l.Cmd = exec.Command(command[0], args...)
		l.Env = append(os.Environ(), TokenVariable+"="+c.bus.Token)
		l.Stderr = &l.errors
		stdin, err := l.StdinPipe()
		if err == nil {
			err = l.Start()
		}
		if err != nil {
			return fmt.Errorf("starting an agent: %w", err)
		}
		l.stdin = stdin
		c.locals = append(c.locals, l)
		c.ending.Go(func() { c.await(l) })
	}
	return nil
}

// await notes the exit of a local agent.
func (c *Coordinator) await(l *local) {
	err := l.Wait()
	close(l.exited)
	reason := "its process exited"
	if err != nil {
		reason += ": " + err.Error()
	}
	if text := l.errors.String(); text != "" {
		reason += " (" + text + ")"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.heard[l.name]
	if m == nil {
		m = &member{hello: hello{Name: l.name}}
		c.heard[l.name] = m
	}
	m.gone = reason
	if c.collection != nil {
		select {
		case c.collection.changed <- struct{}{}:
		default:
		}
	}
}

// localFailure returns an error if a local agent has ended. The caller holds c.mu.
func (c *Coordinator) localFailure() error {
	for _, l := range c.locals {
		if m := c.heard[l.name]; m != nil && m.gone != "" {
			return fmt.Errorf("agent %s could not join: %s", l.name, m.gone)
		}
	}
	return nil
}

// killAfter is how long a local agent may take to exit.
const killAfter = 5 * time.Second

func (l *local) stop() {
	_ = l.stdin.Close()
	select {
	case <-l.exited:
	case <-time.After(killAfter):
		_ = l.Process.Kill()
		<-l.exited
	}
}
