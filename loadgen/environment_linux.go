package loadgen

import (
	"fmt"
	"os"

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

// LocalPorts returns the number of connections that this machine can open to one address, or 0 if
// unknown.
func LocalPorts() int {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	var low, high int
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(b), &low, &high); err != nil || high < low {
		return 0
	}
	return high - low + 1
}
