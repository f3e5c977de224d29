package usage

import (
	"os"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

func cpuTime() time.Duration {
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

// runQueueWait adds up what the kernel keeps for each thread
// (/proc/PID/task/TID/schedstat, second field): a thread that has ended takes its
// share with it.
func runQueueWait() time.Duration {
	threads, err := procfs.AllThreads(os.Getpid())
	if err != nil {
		return 0
	}
	var wait time.Duration
	for _, t := range threads {
		if s, err := t.Schedstat(); err == nil {
			wait += time.Duration(s.WaitingNanoseconds)
		}
	}
	return wait
}
