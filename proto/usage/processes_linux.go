package usage

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/procfs"
)

// readProcesses reads those of the processes that run, with their descendants if asked. Zombies have their CPU
// time, which is in that of their parent once it has waited for them.
func readProcesses(ids []int, descendants bool) (list []process, err error) {
	if !descendants {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			if one, ok := statOf(id); ok && !one.zombie {
				list = append(list, one)
			}
		}
		return list, nil
	}
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("reading processes: %w", err)
	}
	children := map[int][]process{}
	var next []process
	for _, p := range all {
		if one, ok := statOf(p.PID); ok {
			children[one.parent] = append(children[one.parent], one)
			if slices.Contains(ids, one.pid) && !one.zombie {
				next = append(next, one)
			}
		}
	}
	seen := map[int]bool{}
	for len(next) > 0 {
		one := next[0]
		if next = next[1:]; !seen[one.pid] {
			seen[one.pid] = true
			list, next = append(list, one), append(next, children[one.pid]...)
		}
	}
	return list, nil
}

func statOf(pid int) (process, bool) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return process{}, false
	}
	s, err := p.Stat()
	if err != nil || s.State == "X" {
		return process{}, false
	}
	one := process{
		processKey: processKey{pid, s.Starttime}, parent: s.PPID, zombie: s.State == "Z", rss: int64(s.ResidentMemory()),
		waited: time.Duration(s.CUTime+s.CSTime) * tick,
	}
	if one.cpu = cpuTimeOf(pid); one.cpu == 0 || one.zombie {
		one.cpu = time.Duration(s.UTime+s.STime) * tick
	}
	return one, true
}
