package server

import (
	"math"
	"time"

	"rtbench/proto"
)

// A schedule says when the messages of one stream of a faulty server are
// released. It is pure: times come in and go out, in nanoseconds of clock.Now.
type schedule struct {
	delay        delay
	point        uint64 // of the next message in the sequence of points, in 1/2⁶⁴
	step         uint64
	stall, every int64
	firstStall   int64
	lastStall    int64 // no stall ends after this
	released     int64 // when the message before was
}

// golden is 2⁶⁴ times the golden ratio's fraction. The multiples of that
// fraction, less their whole parts, fill (0, 1) more evenly than random numbers:
// of any n in a row, the number in an interval is off by some units, whatever n,
// and not by √n. So a quantile of the delays is the distribution's own but for a
// few ranks.
const golden = 0x9E3779B97F4A7C15

// newSchedule returns the schedule of call c's stream. The delays of its
// messages are taken at the points c.Share, c.Share+c.Of, c.Share+2·c.Of … of the
// golden sequence: all streams of a run together take it whole.
func newSchedule(f Fault, c proto.Call) *schedule {
	s := &schedule{
		delay: f.delay, point: (uint64(c.Share) + 1) * golden, step: uint64(max(c.Of, 1)) * golden,
		stall: int64(f.stall), every: int64(f.every), lastStall: c.SteadyTo,
	}
	if c.SteadyTo == 0 { // a client that names no steady phase: stalls by the clock, for ever
		s.lastStall = math.MaxInt64
	}
	s.firstStall = c.SteadyFrom + (s.every-s.stall)/2
	if s.firstStall < c.SteadyFrom || c.SteadyFrom < 0 { // no time of this clock
		s.every = 0
	}
	return s
}

// release returns when the next message goes out, which came at arrived.
func (s *schedule) release(arrived int64) int64 {
	u := (float64(s.point>>11) + 0.5) / (1 << 53)
	s.point += s.step
	s.released = s.afterStall(max(arrived, s.released) + int64(s.delay.at(u)))
	return s.released
}

// at returns the quantile u of the distribution, 0 < u < 1.
func (d delay) at(u float64) time.Duration {
	if d.exponential {
		return time.Duration(-float64(d.low) * math.Log1p(-u))
	}
	return d.low + time.Duration(u*float64(d.high-d.low))
}

// afterStall returns t, or the end of the stall that t falls in. With a stall of
// S once every T there is one in the middle of each T of the steady phase, if all
// of it is within, at the same time on all streams; in a call without one, in the
// middle of each T of the host's clock.
func (s *schedule) afterStall(t int64) int64 {
	if s.every == 0 || t < s.firstStall {
		return t
	}
	end := s.firstStall + (t-s.firstStall)/s.every*s.every + s.stall
	if t < end && end <= s.lastStall {
		return end
	}
	return t
}
