package cli

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// A cpuProfile profiles the process from start to stop. Without a path it does nothing.
type cpuProfile struct {
	path string
	file *os.File
}

func (p *cpuProfile) start() error {
	if p.path == "" {
		return nil
	}
	f, err := os.Create(p.path)
	if err != nil {
		return usageError("--cpuprofile: %w", err)
	}
	p.file = f
	return pprof.StartCPUProfile(f)
}

func (p *cpuProfile) stop() error {
	if p.file == nil {
		return nil
	}
	pprof.StopCPUProfile()
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("writing the CPU profile: %w", err)
	}
	return nil
}
