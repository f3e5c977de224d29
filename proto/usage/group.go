package usage

import (
	"fmt"
	"time"
)

// A Group is a control group, such as that of a container: of version 2, or the hierarchies of version 1
// that have its process (cgroups(7)).
type Group struct {
	// Name is the path of the group.
	Name string
	// The directories of the group and then of its ancestors, in the hierarchies with these controllers.
	cpu, account, memory []string
}

// GroupUsage is a reading of a control group. Values that this system does not report are 0.
type GroupUsage struct {
	// CPU is the CPU time of the group since it was made.
	CPU time.Duration
	// Quota is the smallest CPU quota of the group and its ancestors in cores; 0 if there is none.
	Quota float64
	// Periods counts the periods of the quota in which the group had threads to run, and ThrottledPeriods
	// those in which it used its quota up; Throttled is the time that its threads then waited. They are of
	// the closest ancestor that has a quota.
	Periods, ThrottledPeriods uint64
	Throttled                 time.Duration
	// Memory is the memory in use in bytes, with the page cache, and MemoryPeak its maximum since the group
	// was made.
	Memory, MemoryPeak int64
	// MemoryLimit is the smallest limit of the group and its ancestors in bytes; 0 if there is none.
	MemoryLimit int64
}

// GroupAt returns the group of a directory below the mount point of control groups, such as
// /sys/fs/cgroup/system.slice/app.service.
func GroupAt(dir string) (Group, error) { return groupAt(dir) }

// GroupOf returns the group of a process.
func GroupOf(pid int) (Group, error) {
	g, err := groupOf(pid)
	if err != nil {
		return g, fmt.Errorf("the control group of process %d: %w", pid, err)
	}
	return g, nil
}

// GroupOfContainer returns the group of a container, given its ID or the first 12 digits of it. It looks for a
// process whose /proc/PID/cgroup names the container.
func GroupOfContainer(id string) (Group, error) { return groupOfContainer(id) }

// Read takes a reading from the group's files. It fails if the group does not exist any more.
func (g Group) Read() (GroupUsage, error) { return g.read() }
