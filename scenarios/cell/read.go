package cell

import (
	"time"

	"rtbench/scenarios/spec"
)

// Reading is how slowly clients read from their connections. The zero value is as fast as data comes.
type Reading struct {
	Rate float64 `json:"rate,omitempty"` // bytes/s
	// In each period of Every, the last Pause is without reading.
	Pause time.Duration `json:"pause_ns,omitempty"`
	Every time.Duration `json:"every_ns,omitempty"`
}

// Slow reports whether reads are paced.
func (r Reading) Slow() bool { return r != Reading{} }

// String returns the reading as in a scenario.
func (r Reading) String() string {
	if r.Rate > 0 {
		return spec.FormatByteRate(r.Rate)
	}
	return "with a pause of " + r.Pause.String() + " every " + r.Every.String()
}

func (r *Reading) key() spec.Key {
	both := spec.When(func() bool { return r.Rate > 0 && r.Every > 0 }, " with pause; expected one of rate, and pause with every")
	return spec.Key{
		Name: "read", Also: "reads reader receive_rate bandwidth slow", Example: "# {rate: 2KiB/s}",
		Conflicts: []spec.Conflict{
			spec.When(func() bool { return r.Rate == 0 && (r.Pause == 0 || r.Every == 0) }, ": expected rate, or both pause and every, such as {pause: 5s, every: 30s}"),
			spec.When(func() bool { return r.Rate == 0 && r.Pause >= r.Every }, ": the pause takes the whole period; expected a pause shorter than every"),
		},
		Value: spec.Section(
			spec.Key{Name: "rate", Also: "bytes speed limit", Value: spec.One(&r.Rate, spec.ByteRate), Conflicts: []spec.Conflict{both}, Doc: "Bytes per second that each connection reads, with framing, such as 2KiB/s."},
			spec.Key{Name: "pause", Also: "stop", Value: spec.One(&r.Pause, spec.Duration(time.Millisecond)), Doc: "Time without reading at the end of each period of every."},
			spec.Key{Name: "every", Also: "period", Value: spec.One(&r.Every, spec.Duration(time.Millisecond)), Doc: "The period."},
		),
		Doc: "Slow readers: each connection has a receive buffer of 4 KiB and is read at this rate, or not at all for a pause in each period, from warm-up to the end of the steady phase. Then it is read at full speed, so that what is lost was dropped by the server. Default: as fast as data comes.",
	}
}
