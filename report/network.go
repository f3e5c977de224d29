package report

import (
	"fmt"
	"slices"
	"time"

	"rtbench/report/result"
)

// networkNotes describes the emulation of the network and its accuracy, and how to emulate packet loss instead.
func networkNotes(r *result.Result) []string {
	var sum result.Relay
	var steady time.Duration
	commands := map[string]bool{}
	for c, rep := range r.Repetitions() {
		if rep.Network == nil {
			continue
		}
		sum.Stalls += rep.Network.Stalls
		sum.CPU += rep.Network.CPU
		sum.Late.Merge(rep.Network.Late)
		steady += rep.Phases.Warmup + rep.Phases.Steady + rep.Phases.Drain
		if command := c.Config.Network.Netem(); command != "" {
			commands[command] = true
		}
	}
	if steady == 0 {
		return nil
	}
	late, _ := sum.Late.Percentile(99)
	text := fmt.Sprintf("network: emulated by a relay process, which took %.2f cores and delivered 99 %% of the data at most %s late", sum.CPU.Seconds()/steady.Seconds(), result.Duration(float64(late)))
	if sum.Stalls > 0 {
		text += fmt.Sprintf(", with %d stalls", sum.Stalls)
	}
	notes := []string{text + "; TCP saw no lost packet"}
	var list []string
	for c := range commands {
		list = append(list, c)
	}
	slices.Sort(list)
	for _, c := range list {
		notes = append(notes, "network: in the kernel, with lost packets, on all of loopback: "+c)
	}
	return notes
}
