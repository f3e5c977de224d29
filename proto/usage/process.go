package usage

import "time"

// CPUOf returns the CPU time of another process of this machine since it started; 0 if there is none
// with that PID or the system does not tell. It takes a microsecond, and the process need not run for
// it. It may be called from any goroutine.
func CPUOf(pid int) time.Duration { return cpuTimeOf(pid) }

// ReadGroup sums CPU and RSS of the processes of a process group on this machine; the other
// fields stay 0. The CPU time of ended processes is included only if another one of the group
// has waited for them. It fails if there are none, or if the system is not supported. It may
// be called from any goroutine.
func ReadGroup(id int) (Usage, error) { return readGroup(id) }
