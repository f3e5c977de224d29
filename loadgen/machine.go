package loadgen

import (
	"fmt"

	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// checkFiles returns an error if a cell needs more open files than the process may have. Go
// raises the soft limit to the hard limit at start.
func checkFiles(jobs []job, limit uint64) error {
	const spare = 64
	for _, j := range jobs {
		need := connectionCount(j.cell)
		if limit > 0 && uint64(need+spare) > limit {
			return fmt.Errorf("cell %s needs %d open files, but this process may open %d: use fewer connections, or raise the limit (ulimit -Hn, LimitNOFILE)",
				j.resultCell.ID, need+spare, limit)
		}
	}
	return nil
}

// checkMachine returns an error if the jobs exceed this machine's open files, local ports or
// memory.
func checkMachine(jobs []job, here result.Environment) error {
	if err := checkFiles(jobs, here.FileLimit); err != nil {
		return err
	}
	ports := LocalPorts()
	for _, j := range jobs {
		if n := connectionCount(j.cell); ports > 0 && n > ports {
			return fmt.Errorf("cell %s needs %d connections to one address, but this machine has %d local ports: use fewer connections, or widen net.ipv4.ip_local_port_range",
				j.resultCell.ID, n, ports)
		}
	}
	checked := map[*scenarios.Scenario]bool{}
	for _, j := range jobs {
		if s := j.scenario; !checked[s] {
			checked[s] = true
			if need := MemoryNeeded(s); here.MemoryBytes > 0 && need > here.MemoryBytes {
				return fmt.Errorf("scenario %s needs %.3g GB for idle connections, but this machine has %.3g GB: use fewer connections",
					s.Name, float64(need)/1e9, float64(here.MemoryBytes)/1e9)
			}
		}
	}
	return nil
}

// connectionCount returns the number of a cell's connections to one server.
func connectionCount(c scenarios.Cell) int {
	if c.Protocol == "sse" && !proto.Pattern(c.Pattern).FromServer() {
		return 2 * c.Connections // events and POSTs use separate connections
	}
	return c.Connections
}

// MemoryNeeded returns the memory that a scenario's idle connections need on this machine, in
// bytes.
func MemoryNeeded(s *scenarios.Scenario) int64 {
	p := s.Plan()
	if s.Target != "" { // the server is remote, or its memory is already in use
		return int64(p.ClientMemory)
	}
	return int64(p.ClientMemory + p.ServerMemory)
}
