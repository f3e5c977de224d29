package loadgen

import (
	"errors"
	"fmt"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// CheckMachine returns the ways in which a scenario exceeds this machine's open files, local ports
// and memory. Go raises the soft limit of open files to the hard limit at start.
func CheckMachine(s *scenarios.Scenario, here result.Environment) (problems []error) {
	p, ports := s.Plan(), LocalPorts()
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("scenario %s needs %s", s.Name, fmt.Sprintf(format, args...)))
	}
	if here.FileLimit > 0 && uint64(p.Files) > here.FileLimit {
		add("%d open files, but this process may open %d: use fewer connections, or raise the limit (ulimit -Hn, LimitNOFILE)", p.Files, here.FileLimit)
	}
	if n := p.Files - scenarios.SpareFiles; ports > 0 && n > ports {
		add("%d connections to one address, but this machine has %d local ports: use fewer connections, or widen net.ipv4.ip_local_port_range", n, ports)
	}
	memory := p.ClientMemory
	if s.Target == "" { // else the server is remote, or its memory is already in use
		memory += p.ServerMemory
	}
	if here.MemoryBytes > 0 && int64(memory) > here.MemoryBytes {
		add("%s for idle connections, but this machine has %s: use fewer connections", result.Bytes(float64(memory)), result.Bytes(float64(here.MemoryBytes)))
	}
	return problems
}

// checkMachine returns an error if a scenario of the jobs exceeds this machine.
func checkMachine(jobs []job, here result.Environment) error {
	checked := map[*scenarios.Scenario]bool{}
	for _, j := range jobs {
		if checked[j.whole] {
			continue
		}
		checked[j.whole] = true
		if problems := CheckMachine(j.whole, here); len(problems) > 0 {
			return errors.Join(problems...)
		}
	}
	return nil
}
