// Package oracle tests rtbench end to end against known results. It pairs faults that the reference
// server can inject with the times and counts that follow from them in closed form, and compares
// measured cells with these. It does no I/O.
package oracle

import (
	"math"
	"strings"
	"time"

	"rtbench/report/result"
)

// A Case is an injected fault, or a plan of the reference server, and its expected effect.
type Case struct {
	// Name identifies the case in tables and file names.
	Name string
	// Fault is the value of `rtbench serve --fault`.
	Fault string
	// About describes the case in one line.
	About string
	// Scenario is the built-in scenario that it runs; empty: oracle.
	Scenario string

	times  *times // effect on the times; nil for none
	drop   *drop  // of streams; nil for none
	counts countFaults
}

// Units of an expectation.
const (
	Nanoseconds = "ns"
	Messages    = "messages"
)

// Cases lists the cases. The first is the floor, to which the others are compared: the contribution
// of rtbench, the protocols and the machine.
//
// Delays are shorter than the gap between messages of a stream in the scenario oracle, so that
// messages do not queue.
var Cases = []Case{
	{Name: "floor", About: "no fault"},
	{
		Name: "delay", Fault: "delay=10ms", About: "each message is 10 ms late",
		times: constant(10 * time.Millisecond),
	},
	{
		Name: "uniform", Fault: "uniform=5ms..15ms", About: "messages are 5 to 15 ms late, uniformly distributed",
		times: uniform(5*time.Millisecond, 15*time.Millisecond),
	},
	{
		Name: "exponential", Fault: "exponential=2500us", About: "messages are 2.5 ms late on average, exponentially distributed",
		times: exponential(2500 * time.Microsecond),
	},
	{
		Name: "stall", Fault: "stall=400ms/2s", About: "nothing is sent for 400 ms of every 2 s",
		times: stall(400*time.Millisecond, 2*time.Second),
	},
	{
		Name: "lose", Fault: "lose=10", About: "every tenth message of a stream is lost",
		counts: countFaults{lose: 10},
	},
	{
		Name: "duplicate", Fault: "duplicate=10", About: "every tenth message of a stream is sent twice",
		counts: countFaults{duplicate: 10},
	},
	{
		Name: "swap", Fault: "swap=10", About: "every tenth message of a stream is sent after its successor",
		counts: countFaults{swap: 10},
	},
	{
		Name: "storm", Fault: "drop=500ms/2", Scenario: "oracle-storm", About: "all streams are dropped at once, and two attempts of each are refused, by policy",
		drop: &drop{500 * time.Millisecond, 2},
	},
	{Name: "tokens", Scenario: "oracle-tokens", About: "answers of 50 tokens, the first after 100 ms, the others 20 ms apart"},
}

// Check compares a cell measured under c with its closed form. floor is the cell of the same
// protocol and pattern without a fault; it may be nil if c is the floor.
//
// Counts must be exact. The tolerance of a time has three parts. 2 % of it is the required
// accuracy. The floor's p99 − p50 (above p95, its maximum − p50) is the noise of the machine: it
// adds to the times of the fault, and closed forms that use the floor's median are off by as much.
// Noise only makes times longer, so a value that exceeds it in one run and not in the next is due
// to the machine. The distance to the next ranks is the resolution of a percentile of n messages.
func (c Case) Check(cell, floor *result.Cell) []result.Expectation {
	base := result.Expectation{Case: c.Name, Cell: cell.ID, Protocol: cell.Config.Protocol}
	if cell.Config.Tokens.Count > 0 {
		return checkTokens(base, cell)
	}
	if c.drop != nil {
		return c.drop.check(base, cell)
	}
	var rows []result.Expectation
	if c.times != nil {
		rows = c.times.check(base, cell, floor)
	}
	return append(rows, c.counts.check(base, cell)...)
}

// compared returns e with its values, which may differ by allowed, and with Within.
func compared(e result.Expectation, want, measured, allowed float64) result.Expectation {
	e.Want, e.Measured, e.Allowed = result.Number(want), result.Number(measured), result.Number(allowed)
	e.Within = math.Abs(measured-want) <= allowed // false for NaN
	return e
}

// Add adds the cells measured under c to the result of all previous cases and compares them with
// the closed forms. It puts the case into their scenario names. The first case must be the floor,
// with all nil. Add returns the combined result, which shares the cells of measured.
func (c Case) Add(all, measured *result.Result) *result.Result {
	if all == nil {
		whole := *measured
		all = &whole
		all.Cells = nil
	}
	for _, cell := range measured.Cells {
		scenario, rest, _ := strings.Cut(cell.ID, "/")
		floor := all.Cell(scenario + "-" + Cases[0].Name + "/" + rest)
		*cell = *c.Named(cell)
		if floor == nil {
			floor = cell
		}
		all.Cells = append(all.Cells, cell)
		if len(cell.Repetitions) > 0 {
			all.Oracle = append(all.Oracle, c.Check(cell, floor)...)
		}
	}
	all.Interrupted = measured.Interrupted
	all.Elapsed = measured.Started.Add(measured.Elapsed).Sub(all.Started)
	return all
}

// Named returns a copy of the cell with the case in its scenario name.
func (c Case) Named(cell *result.Cell) *result.Cell {
	named := *cell
	scenario, rest, _ := strings.Cut(cell.ID, "/")
	named.Config.Scenario = scenario + "-" + c.Name
	named.ID = named.Config.Scenario + "/" + rest
	return &named
}

// Holds reports whether r has expectations and all of them are met.
func Holds(r *result.Result) bool {
	for _, e := range r.Oracle {
		if !e.Within {
			return false
		}
	}
	return len(r.Oracle) > 0
}
