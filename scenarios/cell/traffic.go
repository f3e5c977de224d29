package cell

import "time"

// SteadyMessages returns the number of messages due in the steady phase of a repetition, in fanout
// of deliveries; ok is false if the load is not planned.
func (c Config) SteadyMessages() (n float64, ok bool) {
	if c.Model != "open" {
		return 0, false
	}
	return c.delivered(c.sent(c.Steady)), true
}

// Sent returns the number of messages that an open loop sends in a repetition, warm-up included.
func (c Config) Sent() float64 { return c.Rate*c.Warmup.Seconds() + c.sent(c.Steady) }

// sent returns the number of messages that an open loop sends in a steady phase.
func (c Config) sent(steady time.Duration) (n float64) {
	if c.Trace.Times != nil {
		return float64(c.Trace.Times.Count(steady))
	}
	if len(c.Stages) == 0 {
		return c.Rate * steady.Seconds()
	}
	rate := c.Rate
	for _, st := range c.Stages {
		n += (st.From(rate) + st.To) / 2 * st.Over.Seconds()
		rate = st.To
	}
	return n
}

// PeakRate returns the highest rate of messages, in fanout of deliveries; 0 if the load is not
// planned.
func (c Config) PeakRate() float64 {
	if c.Model != "open" {
		return 0
	}
	peak := max(c.Rate, c.Trace.Times.Peak())
	for _, st := range c.Stages {
		peak = max(peak, st.To)
	}
	return c.delivered(peak * c.WaveOn(0).Peak())
}

// PeakBytes returns the highest payload rate of both directions in bytes per second; 0 if the load
// is not planned.
func (c Config) PeakBytes() float64 {
	ways := 1.0
	if c.Pattern == "echo" {
		ways = 2
	}
	return c.PeakRate() * float64(c.Size) * ways
}

// delivered returns the number of messages received for n messages sent.
func (c Config) delivered(n float64) float64 {
	switch {
	case c.Pattern == "fanout":
		n *= c.Receivers()
	case c.Tokens.Count > 0:
		n *= float64(c.Tokens.Count)
	}
	return n
}

// Receivers returns the mean number of streams that receive a message of a fan-out: those of its room.
func (c Config) Receivers() float64 {
	return float64(c.Connections*c.Streams) / float64(max(1, c.Rooms))
}
