package cell

import (
	"math"
	"strconv"

	"rtbench/proto/pace"
	"rtbench/scenarios/spec"
)

// A Trace is a file of recorded times at which messages are due. The zero value is none.
type Trace struct {
	// File as the scenario names it.
	File string `json:"file"`
	// Speed divides the recorded gaps.
	Speed float64 `json:"speed"`
	// Times of the messages since the beginning of the steady phase.
	Times pace.Trace `json:"-"`
}

var speedKind = spec.Kind[float64]{
	Expected: "a number such as 2 or 0.5, from 0.001 to 1000", Allowed: []spec.Limits{{Type: "number"}},
	Parse: func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && !math.IsNaN(v) && v >= 0.001 && v <= 1000
	},
}

func (c *Config) traceKey() spec.Key {
	t := &c.Trace
	file := spec.One(&t.File, spec.Pattern("a file name", `^[^\x00-\x1f]{1,1000}$`))
	file.File = true
	return spec.Key{
		Name: "trace", Also: "replay traces recording times", Example: "# {file: times.csv, speed: 2}",
		Conflicts: []spec.Conflict{c.withClosed(), c.withPace(), c.withGuidePush()},
		Value: spec.Either("file", file, spec.Section(
			spec.Key{Name: "file", Also: "path name csv", Value: file, Required: "its name, such as {file: times.csv, speed: 2}", Doc: "File name."},
			spec.Key{Name: "speed", Also: "factor rate times", Value: spec.One(&t.Speed, speedKind), Default: "1", Doc: "Replay this many times as fast. Default 1."},
		)),
		Doc: "Send at recorded times, open loop only, instead of a rate and arrivals. The file is CSV with the time of a message in the first column: seconds, or a time such as 2026-01-31T12:00:00.5Z, in order; at most 1,000,000. The first is due when the steady phase begins, and all streams take turns. The steady phase is as long as the trace, or shorter with phases.steady; the warm-up has the mean rate. With patterns echo and upload, and where a client publishes.",
	}
}
