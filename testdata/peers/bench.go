package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Stacks of rtbench.
const (
	lean  = "lean"
	stock = "stock"
)

// A bench is the state shared by all runs.
type bench struct {
	dir     string // for temporary files
	root    string // rtbench's repository
	seconds int
	tools   tools
	// eventBytes is the size of an event, chunkBytes that of its chunk.
	eventBytes, chunkBytes float64
	count                  int
}

// unmet returns why c cannot run here, or "".
func (b *bench) unmet(c contender) string {
	for _, need := range c.needs {
		if b.tools[need].path == "" {
			return b.tools[need].why
		}
	}
	return ""
}

func (b *bench) present(w work) (can []contender) {
	for _, c := range w.contenders {
		if b.unmet(c) == "" {
			can = append(can, c)
		}
	}
	return can
}

// missing lists the contenders left out of the table, with reasons.
func (b *bench) missing(w work) (lines []string) {
	for _, c := range w.contenders {
		if why := b.unmet(c); why != "" {
			lines = append(lines, fmt.Sprintf("%s is missing: %s", c.name, why))
		}
	}
	return lines
}

// runOnce does one run. A failed run is kept with its error.
func (b *bench) runOnce(ctx context.Context, w work, c contender) *run {
	b.count++
	dir := filepath.Join(b.dir, fmt.Sprint(b.count))
	err := os.Mkdir(dir, 0o700)
	var r *run
	if err == nil {
		// k6 may need a long time to process its queue after a flood.
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
