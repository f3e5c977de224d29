package usage

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Processes sums the use of several processes of this machine, which may come and go. It is safe for concurrent
// use.
type Processes struct {
	// PIDs lists processes.
	PIDs []int
	// File is the name of a file with further IDs, separated by white space. It is read for each reading, because
	// a server writes it again after a restart. Empty: none.
	File string
	// Children includes all descendants.
	Children bool

	mu     sync.Mutex
	last   map[processKey]process // of the last reading; nil before the first
	gone   time.Duration          // CPU time that the processes now running do not report
	counts Counts
}

// A processKey identifies a process, even if its PID is used again.
type processKey struct {
	pid   int
	start uint64
}

// Counts describe how the processes of a Processes changed.
type Counts struct {
	// Now is the number of processes at the last reading.
	Now int `json:"now"`
	// Started and Ended count processes that came and went since the first reading. One that did both between two
	// readings is in neither.
	Started int `json:"started,omitempty"`
	Ended   int `json:"ended,omitempty"`
	// Uncounted is the number of those that ended and whose CPU time is known only up to the reading before.
	Uncounted int `json:"uncounted,omitempty"`
}

// A process is one of a reading.
type process struct {
	processKey
	parent int
	cpu    time.Duration
	waited time.Duration // CPU time of ended children that it waited for, and of theirs
	rss    int64
	zombie bool // ended, but its parent has not waited for it
}

// Read sums the CPU time and memory of the processes; the other fields of Usage stay 0. The sum includes processes
// that have ended since the first reading: their time is known exactly if their parent is one of the processes and
// has waited for them, and otherwise up to the reading before. It fails if none of the processes runs.
func (p *Processes) Read() (Usage, Counts, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids, err := p.IDs()
	if err != nil {
		return Usage{}, p.counts, err
	}
	list, err := readProcesses(ids, p.Children)
	if err != nil {
		return Usage{}, p.counts, err
	}
	u := p.add(list)
	if p.counts.Now == 0 {
		return Usage{}, p.counts, fmt.Errorf("%s", p.none(ids))
	}
	return u, p.counts, nil
}

func (p *Processes) none(ids []int) string {
	if len(ids) == 1 {
		return fmt.Sprintf("no process %d", ids[0])
	}
	return fmt.Sprintf("none of the processes %s runs", strings.Trim(fmt.Sprint(ids), "[]"))
}

// String describes the processes.
func (p *Processes) String() string {
	s := strings.Trim(fmt.Sprint(p.PIDs), "[]")
	if p.File != "" {
		s = strings.TrimSpace(s + " in " + p.File)
	}
	if s = "pid " + s; p.Children {
		s += " and its descendants"
	}
	return s
}

// IDs returns the listed processes and those of the file.
func (p *Processes) IDs() ([]int, error) {
	if p.File == "" {
		return p.PIDs, nil
	}
	b, err := os.ReadFile(p.File)
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Errorf("reading the file of process IDs %s: %w", p.File, err)
	}
	ids := append([]int(nil), p.PIDs...)
	for _, word := range strings.Fields(string(b)) {
		id, err := strconv.Atoi(word)
		if err != nil || id <= 0 {
			return nil, fmt.Errorf("file %s: found %.20q; expected process IDs", p.File, word)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("file %s is empty; expected a process ID", p.File)
	}
	return ids, nil
}

// add adds a reading.
func (p *Processes) add(list []process) (u Usage) {
	now := map[processKey]process{}
	p.counts.Now = 0
	for _, one := range list {
		if !p.Children {
			one.waited = 0
		}
		now[one.processKey] = one
		u.CPU += one.cpu + one.waited
		if !one.zombie {
			p.counts.Now++
			u.RSS += one.rss
		}
	}
	if p.last != nil {
		p.account(now)
	}
	p.last = now
	u.CPU += p.gone
	return u
}

// account counts the processes that came and went since the last reading. One that ended took its CPU time with it,
// unless one of the processes that still run, its parent or another ancestor, has waited for it.
func (p *Processes) account(now map[processKey]process) {
	running, parents := map[int]process{}, map[int]int{}
	for key, was := range p.last {
		parents[key.pid] = was.parent
		if _, runs := now[key]; runs {
			running[key.pid] = was
		}
	}
	lost, ended := map[int]time.Duration{}, map[int]int{} // by ancestor
	for key, was := range p.last {
		if _, runs := now[key]; !runs {
			above := ancestor(was.parent, parents, running)
			lost[above] += was.cpu + was.waited
			ended[above]++
		}
	}
	for above, missing := range lost {
		if was, runs := running[above]; runs {
			missing -= now[was.processKey].waited - was.waited
		}
		if p.counts.Ended += ended[above]; missing > time.Duration(ended[above])*tick {
			p.gone += missing
			p.counts.Uncounted += ended[above]
		}
	}
	p.counts.Started += len(now) - len(running)
}

// ancestor returns the first of pid and its ancestors that runs; 0 if none does.
func ancestor(pid int, parents map[int]int, running map[int]process) int {
	for range parents {
		if _, runs := running[pid]; runs {
			return pid
		}
		pid = parents[pid]
	}
	return 0
}

// tick is the resolution of CPU times in /proc/PID/stat.
const tick = 10 * time.Millisecond
