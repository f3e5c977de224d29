package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// usage is the resource usage of a process.
type usage struct {
	CPU  time.Duration `json:"cpu_ns"`
	RSS  int64         `json:"max_rss_bytes"`
	Wall time.Duration `json:"wall_ns"`
}

// A process is a child process, a client or a server.
type process struct {
	cmd    *exec.Cmd
	errors tail // standard error
	began  time.Time
	peak   atomic.Int64 // peak resident bytes
	done   chan struct{}
}

// command prepares a child process that ends with ctx.
func command(ctx context.Context, path string, args ...string) *process {
	p := &process{cmd: exec.CommandContext(ctx, path, args...), done: make(chan struct{})}
	p.cmd.Stderr = &p.errors
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 3 * time.Second
	return p
}

func (p *process) start() error {
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go p.watchMemory()
	return nil
}

// wait waits for the process and returns its usage.
func (p *process) wait() (usage, error) {
	err := p.cmd.Wait()
	close(p.done)
	u := usage{Wall: time.Since(p.began), RSS: p.peak.Load()}
	if s := p.cmd.ProcessState; s != nil {
		u.CPU = s.UserTime() + s.SystemTime()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", p.cmd.Path, err, strings.TrimSpace(p.errors.String()))
	}
	return u, err
}

// watchMemory polls the kernel's high-water mark until the process has ended. The ru_maxrss of wait4
// starts with the parent's memory at the fork, which exceeds that of a small tool.
func (p *process) watchMemory() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		if err != nil {
			continue
		}
		_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
		if fields := strings.Fields(string(after)); len(fields) > 0 {
			if kb, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
				p.peak.Store(kb << 10)
			}
		}
	}
}

// client runs a load generator to completion.
func client(ctx context.Context, dir, path string, args ...string) (output string, u usage, err error) {
	p := command(ctx, path, args...)
	var out bytes.Buffer
	p.cmd.Stdout, p.cmd.Dir = &out, dir
	if err := p.start(); err != nil {
		return "", usage{}, err
	}
	u, err = p.wait()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return out.String(), u, err
}

// readJSON decodes a file that a load generator has written.
func readJSON(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// tail keeps the last bytes written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - 500; over > 0 {
		t.b = t.b[over:]
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.b) }
