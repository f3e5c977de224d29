package loadgen

import (
	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"rtbench/report/result"
)

func describeMachine(e *result.Environment) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		e.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		e.FileLimit = limit.Cur
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return
	}
	if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
		e.CPU = cpus[0].ModelName
	}
	if m, err := fs.Meminfo(); err == nil && m.MemTotalBytes != nil {
		e.MemoryBytes = int64(*m.MemTotalBytes)
	}
}
