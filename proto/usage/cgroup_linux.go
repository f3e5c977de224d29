package usage

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// groupDirs returns the directories of this process's control group and its visible
// ancestors in the hierarchies that may hold a controller: version 2's, and version 1's.
func groupDirs(controller string) (dirs []string) {
	self, err := procfs.Self()
	if err != nil {
		return nil
	}
	groups, err := self.Cgroups()
	if err != nil {
		return nil
	}
	return dirsOf(self, groups, controller)
}

// dirsOf is groupDirs for the groups of another process, which self sees below its own mount points.
func dirsOf(self procfs.Proc, groups []procfs.Cgroup, controller string) (dirs []string) {
	mounts, err := self.MountInfo()
	if err != nil {
		return nil
	}
	for _, g := range groups {
		unified := g.HierarchyID == 0
		if !unified && !slices.Contains(g.Controllers, controller) {
			continue
		}
		for _, m := range mounts {
			_, of := m.SuperOptions[controller]
			if m.FSType == "cgroup2" && unified || m.FSType == "cgroup" && of && !unified {
				dirs = append(dirs, upwards(m.MountPoint, m.Root, g.Path)...)
				break
			}
		}
	}
	return dirs
}

// upwards returns the directories from a group up to the mount point. root is the group
// that is mounted there; a container may see its group under a path of the host.
func upwards(mountPoint, root, group string) (dirs []string) {
	rel, err := filepath.Rel(root, group)
	if err != nil || strings.HasPrefix(rel, "..") || strings.HasPrefix(group, "/..") {
		rel = "."
	}
	for {
		dirs = append(dirs, filepath.Join(mountPoint, rel))
		if rel == "." {
			return dirs
		}
		rel = filepath.Dir(rel)
	}
}

// throttled sums the time that quotas held back threads.
func throttled(dirs []string) (sum time.Duration) {
	for _, dir := range dirs {
		sum += throttledTime(readStat(dir, "cpu.stat"))
	}
	return sum
}

// throttledTime returns the time in a cpu.stat that the group's threads waited for their quota.
func throttledTime(stat map[string]int64) time.Duration {
	return time.Duration(stat["throttled_usec"])*time.Microsecond + time.Duration(stat["throttled_time"])
}

// coreLimit returns the smallest CPU quota in cores; 0 if there is none.
func coreLimit(dirs []string) float64 {
	least := math.Inf(1)
	for _, dir := range dirs {
		quota, period, found := strings.Cut(read(dir, "cpu.max"), " ")
		if !found {
			quota, period = read(dir, "cpu.cfs_quota_us"), read(dir, "cpu.cfs_period_us")
		}
		q, errQ := strconv.ParseFloat(quota, 64)
		p, errP := strconv.ParseFloat(period, 64)
		if errQ == nil && errP == nil && q > 0 && p > 0 {
			least = min(least, q/p)
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// memoryLimit returns the smallest memory limit in bytes; 0 if there is none.
func memoryLimit(dirs []string) (least int64) {
	// Version 1 reports the largest multiple of a page for no limit.
	const none = math.MaxInt64 - 64<<10
	for _, dir := range dirs {
		for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
			n, err := strconv.ParseInt(read(dir, name), 10, 64)
			if err == nil && n > 0 && n < none && (least == 0 || n < least) {
				least = n
			}
		}
	}
	return least
}

// read returns the contents of a file without the final newline; empty if unreadable.
func read(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
