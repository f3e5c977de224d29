// Package oracle knows what must be measured. It pairs faults that the reference
// server can be told to have with the times and counts that follow from them in
// closed form, and holds measured cells against these: a test of the whole tool
// with an answer that was known before. It runs nothing and is pure.
package oracle

import (
	"math"
	"time"

	"rtbench/report/result"
)

// A Case is a fault of the server and what must be measured then.
type Case struct {
	// Name is its word in tables and file names.
	Name string
	// Fault is what the server is to be told, as `rtbench serve --fault` takes it.
	Fault string
	// About says in one line what the server does.
	About string

	times  *times // what is added to the times; nil: nothing is said of them
	counts countFaults
}

// A Row is one expectation held against one measured cell.
type Row struct {
	Case     string
	Cell     string
	Protocol string
	// Metric is the figure's name: p50, mean, lost …
	Metric string
	// Want is the closed form's value, Measured the cell's; NaN where it is not
	// known. Measured may be off by Allowed.
	Want, Measured, Allowed float64
	Unit                    string // ns or messages
	// Within says that it is; never where anything is not known.
	Within bool
	// Formula is the closed form in words.
	Formula string
}

// Units of a Row.
const (
	Nanoseconds = "ns"
	Messages    = "messages"
)

// Cases lists every case. The first is the floor: what the tool, the protocols
// and the machine add by themselves, which the others are measured from.
//
// The delays are shorter than the time from one message of a stream to the next
// in the scenario oracle, so that no message waits for the one before it.
var Cases = []Case{
	{Name: "floor", About: "no fault"},
	{
		Name: "delay", Fault: "delay=10ms", About: "each message is 10 ms late",
		times: constant(10 * time.Millisecond),
	},
	{
		Name: "uniform", Fault: "uniform=5ms..15ms", About: "messages are late by 5 to 15 ms, evenly distributed",
		times: uniform(5*time.Millisecond, 15*time.Millisecond),
	},
	{
		Name: "exponential", Fault: "exponential=2500us", About: "messages are late by 2.5 ms on average, exponentially distributed",
		times: exponential(2500 * time.Microsecond),
	},
	{
		Name: "stall", Fault: "stall=400ms/2s", About: "for 400 ms of every 2 s nothing goes out",
		times: stall(400*time.Millisecond, 2*time.Second),
	},
	{
		Name: "lose", Fault: "lose=10", About: "every tenth message of a stream is lost",
		counts: countFaults{lose: 10},
	},
	{
		Name: "duplicate", Fault: "duplicate=10", About: "every tenth message of a stream goes out twice",
		counts: countFaults{duplicate: 10},
	},
	{
		Name: "swap", Fault: "swap=10", About: "every tenth message of a stream goes out after its successor",
		counts: countFaults{swap: 10},
	},
}

// Check holds a cell measured under c against its closed form; floor is the cell
// of the same protocol and pattern without a fault, and may be nil for the case
// that is the floor.
//
// A time may be off by three things. 2 % of it is what is asked of the tool. The
// floor's p99 − p50 is what this machine shows as noise, above p95 its worst − p50:
// a fault's time is added to times that scatter so far by themselves, and where
// the closed form takes the floor's median for all of them, it is off by as much.
// Noise only ever makes times longer: a figure that is off by it in one run and
// not in the next is the machine's fault, not the tool's. The step to the
// next ranks is what n messages cannot tell apart: the percentile of n values lies
// some ranks beside the distribution's. Counts are exact.
func (c Case) Check(cell, floor *result.Cell) []Row {
	base := Row{Case: c.Name, Cell: cell.ID, Protocol: cell.Config.Protocol}
	var rows []Row
	if c.times != nil {
		rows = c.times.check(base, cell, floor)
	}
	return append(rows, c.counts.check(base, cell)...)
}

// judge fills in whether the row holds.
func (r Row) judge() Row {
	r.Within = math.Abs(r.Measured-r.Want) <= r.Allowed // NaN compares false
	return r
}
