package result

import (
	"math"
	"slices"
	"time"
)

// An Agent is one of several generators that ran a repetition together, each a share of its connections.
type Agent struct {
	Name string `json:"name"`
	Host string `json:"host"`
	// Cores is the number of cores of its machine; 0 if it was lost.
	Cores int `json:"cores,omitempty"`
	// Recorded counts its messages of the steady phase. P99 is the 99th percentile of their response times,
	// and Lag that of their lag; 0 with too few messages.
	Recorded uint64        `json:"recorded"`
	P99      time.Duration `json:"p99_ns,omitempty"`
	Lag      time.Duration `json:"lag_p99_ns,omitempty"`
	// CPU is the time that it used in the steady phase, without spinning; of groups that ran together, in
	// proportion to their messages.
	CPU time.Duration `json:"cpu_ns"`
	// AtLimit is why the agent or its machine was at its limit, so that an objective that was missed says
	// nothing about the server; empty if they were not.
	AtLimit string `json:"at_limit,omitempty"`
	// Validity is the agent's own finding about its share.
	Validity Validity `json:"validity"`
	// Clock is how its clock agrees with the coordinator's; nil if they are the same. Bound is negative if the
	// agent could not read it after the repetition.
	Clock *ClockOffset `json:"clock,omitempty"`
	// ServerClock is how it agrees with the reference server's, by which all agents then begin; nil if they are the
	// same.
	ServerClock *ClockOffset `json:"server_clock,omitempty"`
	// Within and Between are the delivery times of messages that it received from agents with its clock, itself
	// among them, and from agents with other clocks, by which Between is wrong by up to the bounds of both. They
	// are empty without the latter.
	Within  Histogram `json:"within_ns,omitzero"`
	Between Histogram `json:"between_ns,omitzero"`
	// FirstLag is how long after its time the agent's first message was sent; nil if it sends none.
	FirstLag *time.Duration `json:"first_lag_ns,omitempty"`
	// Lost is the reason why its share is incomplete; otherwise empty.
	Lost string `json:"lost,omitempty"`
}

// Describe fills in the agent's own measurements of its share r, on a machine.
func (a *Agent) Describe(r *Repetition, on Environment) {
	a.Cores, a.AtLimit = on.Cores, r.generatorLimit(on.UsableCores())
	a.Recorded, a.CPU, a.Validity = r.Counters.Recorded, max(0, r.Client.CPU-r.Client.Spin), r.Validity
	if together := r.Together; together != nil && together.Recorded > 0 {
		a.CPU = time.Duration(float64(a.CPU) * float64(a.Recorded) / float64(together.Recorded))
	}
	if at, known := r.Response.Percentile(99); known {
		a.P99, a.Lag = at, r.Lag.Quantile(99)
	}
}

// ResponseP99 returns P99 as reports show it.
func (a *Agent) ResponseP99() StatusTime {
	name := MetricName(99)
	bound := slices.Contains(a.Validity.AtMost, name)
	return StatusTime{a.P99 > 0 && (bound || !slices.Contains(a.Validity.Unusable, name)), a.P99, bound}
}

// CPUPerMessage returns the CPU time per message in nanoseconds; NaN if there are no messages.
func (a *Agent) CPUPerMessage() float64 {
	if a.Recorded == 0 {
		return math.NaN()
	}
	return float64(a.CPU) / float64(a.Recorded)
}

// Lost returns why the repetition is incomplete: an agent that ran a share of it was lost. It is empty
// otherwise.
func (r *Repetition) Lost() string {
	for _, a := range r.Agents {
		if a.Lost != "" {
			return r.Error
		}
	}
	return ""
}

// machineKinds are the findings about a generator's machine, which the sum of all shares may hide.
var machineKinds = []FindingKind{Busy, CoresTaken, Paused, ReadSlowly, NetworkLate}

// judgeAgents adds the agents' findings about their machines: what one of them measured in error is part of
// the whole.
func judgeAgents(v *Validity, r *Repetition) {
	judgeSkew(v, r)
	judgeBetween(v, r)
	for _, a := range r.Agents {
		for _, f := range a.Validity.Findings {
			if slices.Contains(machineKinds, f.Kind) {
				v.add(f, "agent %s: %s", a.Name, f.Reason)
			}
		}
	}
}
