package usage

import (
	"time"

	"github.com/prometheus/procfs"
)

// ReadMachine takes a reading in some hundred microseconds. It may be called from any
// goroutine.
func ReadMachine() Machine {
	var m Machine
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return m
	}
	if s, err := fs.Stat(); err == nil {
		m.Steal = time.Duration(s.CPUTotal.Steal * float64(time.Second))
	}
	if p, err := fs.PSIStatsForResource("cpu"); err == nil && p.Some != nil {
		m.Pressure = time.Duration(p.Some.Total) * time.Microsecond
	}
	m.Throttled = throttled(groupDirs("cpu"))
	return m
}

// ReadLimits reads the limits of this process's control groups, in both versions
// (cgroups(7)). It may be called from any goroutine.
func ReadLimits() Limits {
	return Limits{Cores: coreLimit(groupDirs("cpu")), MemoryBytes: memoryLimit(groupDirs("memory"))}
}
