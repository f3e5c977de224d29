package usage

import (
	"testing"
	"time"
)

// CPU time of a process that ended is counted once: by the ancestor that waited for it, or as last read. Workers that
// one parent waited for do not make up for an orphan.
func TestCPUOfEndedProcesses(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	one := func(pid, parent int, cpu, waited time.Duration) process {
		return process{processKey: processKey{pid, 1}, parent: parent, cpu: cpu, waited: waited}
	}
	first := []process{one(1, 0, 10*ms, 0), one(2, 1, 20*ms, 0), one(3, 2, 300*ms, 0), one(4, 0, 500*ms, 0)}
	for name, c := range map[string]struct {
		second []process
		cpu    time.Duration
		counts Counts
	}{
		"none":                                   {first, 830 * ms, Counts{Now: 4}},
		"a worker":                               {[]process{first[0], one(2, 1, 20*ms, 320*ms), first[3]}, 850 * ms, Counts{Now: 3, Ended: 1}},
		"a worker and its parent":                {[]process{one(1, 0, 10*ms, 320*ms), first[3]}, 830 * ms, Counts{Now: 2, Ended: 2}},
		"an orphan":                              {first[:3], 830 * ms, Counts{Now: 3, Ended: 1, Uncounted: 1}},
		"an orphan, while workers came and went": {[]process{one(1, 0, 10*ms, 600*ms), first[1], first[2]}, 1430 * ms, Counts{Now: 3, Ended: 1, Uncounted: 1}},
		"a worker nobody waited for":             {[]process{first[0], first[1], first[3]}, 830 * ms, Counts{Now: 3, Ended: 1, Uncounted: 1}},
		"one began":                              {append([]process{one(5, 1, 7*ms, 0)}, first...), 837 * ms, Counts{Now: 5, Started: 1}},
		"a PID is used again":                    {append([]process{{processKey: processKey{4, 9}, cpu: 1 * ms}}, first[:3]...), 831 * ms, Counts{Now: 4, Started: 1, Ended: 1, Uncounted: 1}},
	} {
		p := &Processes{Children: true}
		p.add(first)
		if u := p.add(c.second); u.CPU != c.cpu || p.counts != c.counts {
			t.Errorf("%s: %v, %+v; want %v, %+v", name, u.CPU, p.counts, c.cpu, c.counts)
		}
	}
}
