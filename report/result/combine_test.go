package result

import (
	"testing"
	"time"

	"rtbench/proto/record"
)

// made returns a repetition with n times, at intervals of 1 ms.
func made(n int, from time.Duration) *Repetition {
	h := record.NewHistogram()
	for i := range n {
		_ = h.RecordValue(int64(from) + int64(i)*int64(time.Millisecond))
	}
	return &Repetition{
		Started: time.Unix(100, 0), Phases: Phases{Steady: 10 * time.Second}, Response: Wrap(h),
		Timeline: []Interval{{Length: time.Second, Response: Wrap(h)}},
		Counters: Counters{Due: uint64(n), Recorded: uint64(n)},
	}
}

func TestCombineAddsShares(t *testing.T) {
	t.Parallel()
	a, b := made(100, time.Millisecond), made(50, time.Second)
	b.Started = time.Unix(99, 0)
	a.Counters.Errors, a.Counters.Examples = map[string]uint64{"EOF": 2}, map[string]string{"EOF": "first"}
	b.Counters.Errors, b.Counters.Examples = map[string]uint64{"EOF": 1, "reset": 1}, map[string]string{"EOF": "second", "reset": "third"}
	a.OtherPhases.Drain = &Counters{Errors: map[string]uint64{"EOF": 1}}
	b.OtherPhases.Drain = &Counters{Errors: map[string]uint64{"EOF": 4}}
	a.Client, b.Client = Resources{Known: true, CPU: 3, Receivers: EventLoops}, Resources{Known: true, CPU: 4, Receivers: Goroutines}
	a.ClientGaps, b.ClientGaps = make([]Gap, 9), []Gap{{Length: 3}, {Length: 5}}
	a.ClientPauses, b.ClientPauses = Pauses{Count: 1, Total: 7, Longest: 7}, Pauses{Count: 2, Total: 5, Longest: 4}
	a.StreamTime, b.StreamTime = StreamTime{Total: 100, NoneOpen: 7 * time.Second}, StreamTime{Total: 50, NoneOpen: 6 * time.Second}
	b.Timeline = append(b.Timeline, Interval{Start: time.Second, Length: time.Second})
	a.Arrivals, b.Arrivals = &Arrivals{Longest: 3, Bound: -1}, &Arrivals{Longest: 5, Bound: 4}

	sum := Combine([]*Repetition{a, b})
	if n := sum.Response.Count(); n != 150 || sum.Counters.Recorded != 150 || sum.Timeline[0].Response.Count() != 150 || len(sum.Timeline) != 2 {
		t.Errorf("%d times, %+v, timeline %+v", n, sum.Counters, sum.Timeline)
	}
	if a.Response.Count() != 100 || a.Counters.Errors["EOF"] != 2 {
		t.Error("the shares have changed")
	}
	n := sum.Counters
	if n.Errors["EOF"] != 3 || n.Errors["reset"] != 1 || n.Examples["EOF"] != "first" || n.Examples["reset"] != "third" || sum.OtherPhases.Drain.Errors["EOF"] != 5 {
		t.Errorf("counters %+v, drain %+v", n, sum.OtherPhases.Drain)
	}
	if !sum.Started.Equal(b.Started) || sum.Client.CPU != 7 || sum.Client.Receivers != Goroutines {
		t.Errorf("started %v, client %+v", sum.Started, sum.Client)
	}
	if len(sum.ClientGaps) != 10 || sum.ClientGaps[0].Length != 5 || sum.ClientPauses != (Pauses{Count: 3, Total: 12, Longest: 7}) {
		t.Errorf("gaps %v, pauses %+v", sum.ClientGaps, sum.ClientPauses)
	}
	// Of 10 s, the shares had no stream open for 7 s and 6 s: at the same time for at least 3 s.
	if sum.StreamTime.NoneOpen != 3*time.Second || sum.StreamTime.Total != 150 {
		t.Errorf("stream time %+v", sum.StreamTime)
	}
	if sum.Arrivals.Longest != 5 || sum.Arrivals.Bound >= 0 {
		t.Errorf("arrivals %+v", sum.Arrivals)
	}
}

// What is only known of one agent's machine is a finding about the whole, and an incomplete repetition is
// not judged otherwise.
func TestJudgeOfSeveralAgents(t *testing.T) {
	t.Parallel()
	r := made(5000, time.Millisecond)
	busy := Finding{Word: Limited, Kind: Busy, Reason: "the generator used 99 %", Unusable: []string{"p99"}, AtMost: true}
	r.Agents = []Agent{{Name: "a"}, {Name: "b", Validity: Validity{Findings: []Finding{busy, {Word: TooLittleData, Reason: "few"}}}}}
	v := Judge(Config{Model: "closed"}, r, 1)
	if len(v.Findings) == 0 || v.Findings[0].Reason != "agent b: the generator used 99 %" || len(v.AtMost) != 1 {
		t.Errorf("%+v", v)
	}
	r.Agents[0].Lost, r.Error = "it died", "agent a was lost: it died"
	r.Counters.Lost = 7
	if v := Judge(Config{Model: "closed"}, r, 1); !v.Discarded || len(v.Findings) != 1 || v.Findings[0].Kind != AgentLost || v.Verdict != NotGenerated {
		t.Errorf("%+v", v)
	}
}
