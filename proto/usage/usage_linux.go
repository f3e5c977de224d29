package usage

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// CPU returns the user and system time of this process since it started, in some hundred
// nanoseconds; 0 if unknown. It may be called from any goroutine.
func CPU() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func resident() int64 {
	p, err := procfs.Self()
	if err != nil {
		return 0
	}
	s, err := p.Stat()
	if err != nil {
		return 0
	}
	return int64(s.ResidentMemory())
}

func readGroup(id int) (Usage, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return Usage{}, fmt.Errorf("reading process group %d: %w", id, err)
	}
	var sum Usage
	found := false
	for _, p := range all {
		s, err := p.Stat()
		if err != nil || s.PGRP != id || s.State == "Z" || s.State == "X" {
			continue
		}
		found = true
		sum.CPU += cpuTimeOf(p.PID) + time.Duration(s.CUTime+s.CSTime)*tick
		sum.RSS += int64(s.ResidentMemory())
	}
	if !found {
		return Usage{}, fmt.Errorf("no process in group %d", id)
	}
	return sum, nil
}

// cpuTimeOf reads the process CPU clock, which counts nanoseconds of all its threads,
// including ended ones (clock_getcpuclockid(3): the kernel's CPUCLOCK_SCHED of a
// process). It returns 0 if the system lacks it.
func cpuTimeOf(pid int) time.Duration {
	const sched = 2
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|sched), &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
