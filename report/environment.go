package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"rtbench/report/result"
)

// Environment returns sentences about when and where a result was measured, how messages were paced,
// and where the server's metrics are from.
func Environment(r *result.Result) []string {
	where := append(describeMachine(r.Environment), r.Tool.Go, Hosts(r))
	lines := []string{
		fmt.Sprintf("Measured %s in %v on %s", r.Started.Format("2006-01-02 15:04 MST"), r.Elapsed.Round(time.Second), strings.Join(where, ", ")),
		"Pacing: " + cmp.Or(r.Environment.Pacing, "unknown"),
	}
	if f := ServerMetricsSource(r); f != "" {
		lines = append(lines, strings.ToUpper(f[:1])+f[1:])
	}
	if f := ProfileFiles(r); f != "" {
		lines = append(lines, f)
	}
	return lines
}

func (p *printer) environment(r *result.Result) {
	p.printf("\n%s\n", strings.Join(Environment(r), "\n"))
}

func describeMachine(e result.Environment) []string {
	return []string{
		e.OS + "/" + e.Arch, "kernel " + cmp.Or(e.Kernel, "unknown"), cmp.Or(e.CPU, "unknown"), e.DescribeCores(),
		fmt.Sprintf("%.0f GB", float64(e.MemoryBytes)/1e9),
	}
}

// Hosts names the hosts of client and server.
func Hosts(r *result.Result) string {
	var targets []string
	for _, c := range r.Cells {
		if c.Config.Target != "" {
			target := c.Config.Target
			if c.Config.Route != "" {
				target += " (" + c.Config.Route + ")"
			}
			targets = append(targets, target)
		}
	}
	clients, hosts := "client", agentHosts(r)
	if len(hosts) > 0 {
		clients = "agents on " + result.Conjoin(hosts)
	}
	switch {
	case len(targets) > 0 && len(hosts) > 0:
		return clients + ", server at " + result.Conjoin(result.Unique(targets))
	case len(targets) > 0:
		return clients + " on this machine, server at " + strings.Join(result.Unique(targets), " and ")
	case len(hosts) > 0:
		return clients + ", server on this machine"
	}
	return "client and server on this machine"
}

// agentHosts returns the hosts of the agents.
func agentHosts(r *result.Result) (hosts []string) {
	for _, rep := range r.Repetitions() {
		for _, a := range rep.Agents {
			hosts = append(hosts, a.Host)
		}
	}
	return result.Unique(hosts)
}

// ScenarioNames returns the names of the result's scenarios, each once.
func ScenarioNames(r *result.Result) []string {
	var names []string
	for _, s := range r.Scenarios {
		names = append(names, s.Name)
	}
	for _, c := range r.Cells {
		names = append(names, c.Config.Scenario)
	}
	return result.Unique(names)
}

// Notes lists the differences between protocols that cannot be removed, each once.
func Notes(r *result.Result) []string {
	var notes []string
	for _, c := range r.Cells {
		for _, n := range c.Notes {
			notes = append(notes, c.Config.Protocol+": "+n)
		}
	}
	return append(result.Unique(notes), networkNotes(r)...)
}

// Coverage says whether the run is complete and counts its repetitions and those that are not used.
func Coverage(r *result.Result) string {
	total, discarded := 0, r.Discards()
	for range r.Repetitions() {
		total++
	}
	s := ""
	switch {
	case r.Unfinished:
		s = "the run did not end (killed or still going); completed repetitions only · "
	case r.Interrupted:
		s = "interrupted; only measurements until then · "
	}
	s += fmt.Sprintf("%s of %s", result.Plural(total, "repetition"), result.Plural(len(r.Cells), "cell"))
	if discarded > 0 {
		s += fmt.Sprintf(", %d not used", discarded)
	}
	return s
}
