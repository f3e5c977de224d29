package usage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

func groupAt(dir string) (Group, error) {
	dir = filepath.Clean(dir)
	if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err != nil {
		return Group{}, fmt.Errorf("%s is not the directory of a control group; expected one such as /sys/fs/cgroup/system.slice/app.service", dir)
	}
	dirs := []string{dir}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "cgroup.procs")); err != nil {
			return Group{Name: dir, cpu: dirs, account: dirs, memory: dirs}, nil
		}
		dirs = append(dirs, up)
	}
}

func groupOf(pid int) (Group, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return Group{}, fmt.Errorf("no process %d", pid)
	}
	return groupOfProcess(p)
}

func groupOfProcess(p procfs.Proc) (Group, error) {
	groups, err := p.Cgroups()
	if err != nil {
		return Group{}, err
	}
	self, err := procfs.Self()
	if err != nil {
		return Group{}, err
	}
	g := Group{Name: "/", cpu: dirsOf(self, groups, "cpu"), account: dirsOf(self, groups, "cpuacct"), memory: dirsOf(self, groups, "memory")}
	for _, one := range groups {
		if len(one.Path) > len(g.Name) {
			g.Name = one.Path
		}
	}
	if len(g.cpu)+len(g.account)+len(g.memory) == 0 {
		return g, errors.New("not visible; expected cgroups mounted at /sys/fs/cgroup")
	}
	return g, nil
}

func groupOfContainer(id string) (Group, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return Group{}, err
	}
	for _, p := range all {
		groups, err := p.Cgroups()
		if err == nil && slices.ContainsFunc(groups, func(g procfs.Cgroup) bool { return isContainer(g.Path, id) }) {
			return groupOfProcess(p)
		}
	}
	return Group{}, fmt.Errorf("no process is in container %s; expected the ID of a running container on this machine", id)
}

// isContainer reports whether the last part of a path is the group of a container: its ID, perhaps with the name
// of its runtime, as in docker-ID.scope and cri-containerd-ID.scope.
func isContainer(path, id string) bool {
	name := strings.TrimSuffix(filepath.Base(path), ".scope")
	name = name[strings.LastIndexByte(name, '-')+1:]
	return strings.HasPrefix(name, id)
}

func (g Group) read() (GroupUsage, error) {
	u := GroupUsage{Quota: coreLimit(g.cpu), MemoryLimit: memoryLimit(g.memory)}
	known := false
	if stat := readStat(first(g.cpu), "cpu.stat"); stat["usage_usec"] > 0 {
		u.CPU, known = time.Duration(stat["usage_usec"])*time.Microsecond, true
	}
	for _, dirs := range [][]string{g.account, g.cpu} {
		if n, ok := readNumber(first(dirs), "cpuacct.usage"); ok && u.CPU == 0 {
			u.CPU, known = time.Duration(n), true
		}
	}
	if dir := g.throttling(); dir != "" {
		stat := readStat(dir, "cpu.stat")
		u.Periods, u.ThrottledPeriods = uint64(stat["nr_periods"]), uint64(stat["nr_throttled"])
		u.Throttled = throttledTime(stat)
	}
	for _, name := range []string{"memory.current", "memory.usage_in_bytes"} {
		if n, ok := readNumber(first(g.memory), name); ok {
			u.Memory, known = n, true
		}
	}
	for _, name := range []string{"memory.peak", "memory.max_usage_in_bytes"} {
		if n, ok := readNumber(first(g.memory), name); ok {
			u.MemoryPeak = n
		}
	}
	if !known {
		return u, fmt.Errorf("control group %s reports neither CPU time nor memory; it may have been removed", g.Name)
	}
	return u, nil
}

// throttling returns the directory of the closest group with a quota; empty if none has one.
func (g Group) throttling() string {
	for _, dir := range g.cpu {
		if coreLimit([]string{dir}) > 0 {
			return dir
		}
	}
	return ""
}

func first(dirs []string) string {
	if len(dirs) == 0 {
		return ""
	}
	return dirs[0]
}

// readStat returns the numbers of a file with a name and a number in each line.
func readStat(dir, name string) map[string]int64 {
	out := map[string]int64{}
	if dir == "" {
		return out
	}
	for line := range strings.Lines(read(dir, name)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			out[key] = n
		}
	}
	return out
}

func readNumber(dir, name string) (int64, bool) {
	if dir == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(read(dir, name), 10, 64)
	return n, err == nil
}
