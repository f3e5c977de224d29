package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// The server's engines, by the name that its flag has for them.
const (
	loop       = "loop"
	goroutines = "goroutine"
)

// A bench is what all runs share.
type bench struct {
	dir     string // for temporary files
	root    string // rtbench's repository
	seconds int
	tools   tools
	// engines says that this rtbench's server has a choice of them.
	engines bool
	// protocols that this rtbench refuses.
	refused []string
	// eventBytes is what one event takes on the wire, by protocol.
	eventBytes map[string]float64
	count      int
}

// probe asks rtbench what it can do, which changes as it grows.
func (b *bench) probe(ctx context.Context) {
	help, _ := exec.CommandContext(ctx, b.tools.path("rtbench"), "serve", "--help").CombinedOutput()
	b.engines = strings.Contains(string(help), "--engine")
	for _, protocol := range []string{"grpc", "grpc-lean"} {
		file := filepath.Join(b.dir, "probe.yaml")
		s := shape{pattern: "echo", connections: 1, streams: 1}
		if os.WriteFile(file, []byte(s.scenario(protocol, "", 1)), 0o600) != nil ||
			exec.CommandContext(ctx, b.tools.path("rtbench"), "scenario", "validate", file).Run() != nil {
			b.refused = append(b.refused, protocol)
		}
	}
}

// lacks says why c cannot run here; "" when it can.
func (b *bench) lacks(c contender) string {
	for _, need := range c.needs {
		protocol, isProtocol := strings.CutPrefix(need, "protocol ")
		switch {
		case need == "engine":
			if !b.engines {
				return "this rtbench's server has no --engine"
			}
		case isProtocol:
			if slices.Contains(b.refused, protocol) {
				return "this rtbench has no protocol " + protocol
			}
		case b.tools.path(need) == "":
			return b.tools.why(need)
		}
	}
	return ""
}

func (b *bench) present(w work) (can []contender) {
	for _, c := range w.contenders {
		if b.lacks(c) == "" {
			can = append(can, c)
		}
	}
	return can
}

// missing says who is not in the table, and why.
func (b *bench) missing(w work) (lines []string) {
	for _, c := range w.contenders {
		if why := b.lacks(c); why != "" {
			lines = append(lines, fmt.Sprintf("%s is left out: %s", c.name, why))
		}
	}
	return lines
}

// try does one run. One that failed is kept, with what went wrong.
func (b *bench) try(ctx context.Context, w work, c contender) *run {
	b.count++
	dir := filepath.Join(b.dir, fmt.Sprint(b.count))
	err := os.Mkdir(dir, 0o700)
	var r *run
	if err == nil {
		// Twice the time and a minute: k6 may have much to take after the flood.
		limited, cancel := context.WithTimeout(ctx, 2*time.Duration(b.seconds)*time.Second+time.Minute)
		defer cancel()
		began, before := time.Now(), busy()
		r, err = c.run(limited, b, dir)
		if r != nil && before > 0 {
			ours := r.Client.CPU + r.Server.CPU
			r.Others = (busy() - before - ours).Seconds() / time.Since(began).Seconds() / float64(runtime.NumCPU())
		}
	}
	if r == nil {
		r = &run{}
	}
	if err != nil {
		r.Error = err.Error()
	}
	_ = os.RemoveAll(dir)
	r.Work, r.Contender = w.name, c.name
	return r
}
