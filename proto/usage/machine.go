package usage

import "time"

// Machine is a reading of what kept runnable threads of this machine from running. All
// values only grow; a value that this system does not report stays 0. Differences of two
// readings describe the time between them.
type Machine struct {
	// Steal is the time that the hypervisor ran something else while a core of this
	// machine was runnable, over all cores (proc_stat(5)), in steps of 10 ms.
	Steal time.Duration
	// Throttled is the time that CPU quotas held back threads of this process's control
	// group or one of its ancestors (cpu.stat).
	Throttled time.Duration
	// Pressure is the time in which at least one runnable thread of the machine waited
	// for a core (PSI, /proc/pressure/cpu).
	Pressure time.Duration
}

// Limits are the resources that control groups leave to this process. A zero value means
// no limit, or an unknown one.
type Limits struct {
	Cores       float64 // CPU time per time
	MemoryBytes int64
}
