package capacity

import (
	"testing"
	"time"

	"rtbench/proto/record"
	"rtbench/report/result"
)

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	fails := []result.Outcome{{Text: "p(99) < 1ms"}}
	unknown := []result.Outcome{{Text: "p(99) < 1ms", Unknown: true}}
	late := record.NewHistogram()
	_ = late.RecordValue(100e6) // in its range
	lag := result.Wrap(late)
	found := func(w result.Word, discarded bool) result.Validity {
		return result.Validity{Discarded: discarded, Findings: []result.Finding{{Word: w}}}
	}
	use := func(cpu time.Duration) result.Resources { return result.Resources{Known: true, CPU: cpu} }
	for name, c := range map[string]struct {
		r    result.Repetition
		want Outcome
	}{
		"holds":                 {result.Repetition{Thresholds: []result.Outcome{{Holds: true}}}, Met},
		"fails":                 {result.Repetition{Thresholds: fails}, Missed},
		"ended early":           {result.Repetition{Aborted: "p(99) < 1ms", Thresholds: unknown}, Missed},
		"within bounds":         {result.Repetition{Thresholds: unknown, Validity: found(result.Limited, false)}, Limited},
		"few messages":          {result.Repetition{Thresholds: unknown, Validity: found(result.TooLittleData, false)}, Unusable},
		"no server":             {result.Repetition{Error: "the server did not start", Validity: found(result.ServerFailed, true)}, Unusable},
		"server crashed":        {result.Repetition{Error: "signal: killed", Counters: result.Counters{Due: 100}, Validity: found(result.ServerFailed, true)}, Missed},
		"no stream opened":      {result.Repetition{Error: "refused", Counters: result.Counters{Unopened: 4}, Validity: found(result.ServerFailed, true)}, Missed},
		"not generated":         {result.Repetition{Counters: result.Counters{NotAttempted: 50}, Validity: found(result.NotGenerated, true)}, Limited},
		"held back":             {result.Repetition{Counters: result.Counters{Waited: 60, NotAttempted: 50}, Validity: found(result.NotGenerated, true)}, Missed},
		"cores stolen":          {result.Repetition{Thresholds: fails, Machine: result.Machine{Steal: 200 * time.Millisecond}}, Limited},
		"cores taken":           {result.Repetition{Thresholds: fails, Machine: result.Machine{Pressure: 900 * time.Millisecond}, Client: use(300 * time.Millisecond), Server: use(400 * time.Millisecond)}, Limited},
		"cores used up":         {result.Repetition{Thresholds: fails, Machine: result.Machine{Pressure: 900 * time.Millisecond}, Client: use(900 * time.Millisecond), Server: use(time.Second)}, Missed},
		"one busy thread":       {result.Repetition{Thresholds: fails, Machine: result.Machine{Pressure: 200 * time.Millisecond}, Client: use(200 * time.Millisecond), Server: use(time.Second)}, Missed},
		"an agent at its limit": {result.Repetition{Thresholds: fails, Agents: []result.Agent{{Name: "a"}, {Name: "b", AtLimit: "busy"}}}, Limited},
		"agents below it":       {result.Repetition{Thresholds: fails, Agents: []result.Agent{{Name: "a"}, {Name: "b"}}, ClientPauses: result.Pauses{Count: 2, Total: 80 * time.Millisecond}}, Missed},
		"an agent was lost":     {result.Repetition{Error: "lost", Counters: result.Counters{Due: 100}, Agents: []result.Agent{{Name: "a", Lost: "it died"}}, Validity: found(result.NotGenerated, true)}, Unusable},
		"sent late":             {result.Repetition{Thresholds: []result.Outcome{{Holds: true}}, Lag: lag, Counters: result.Counters{Due: 100, Waited: 10}}, Limited},
		"accepted late":         {result.Repetition{Thresholds: []result.Outcome{{Holds: true}}, Lag: lag, Counters: result.Counters{Due: 100, Waited: 90}}, Missed},
		"the generator slept":   {result.Repetition{Thresholds: fails, ClientPauses: result.Pauses{Count: 1, Total: 200 * time.Millisecond}}, Limited},
	} {
		c.r.Phases.Steady = time.Second
		if got := OutcomeOf(&c.r, result.Environment{Cores: 2}); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
