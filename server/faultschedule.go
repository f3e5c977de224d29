package server

import (
	"math"
	"time"

	"rtbench/proto"
)

// A schedule computes when messages of a faulty stream are released. It is pure; times
// are in nanoseconds of clock.Now.
type schedule struct {
	delay        delay
	point        uint64 // position of the next message in the golden sequence, in 1/2⁶⁴
	step         uint64
	stall, every int64
	firstStall   int64
	lastStall    int64 // no stall ends after it
	released     int64 // release time of the previous message
}

// golden is 2⁶⁴ times the fractional part of the golden ratio. The fractional parts of
// its multiples fill (0, 1) more evenly than random numbers: among any n consecutive
// ones, the number in an interval is off by a few units, not by √n. A quantile of the
// delays thus matches the distribution to within a few ranks.
const golden = 0x9E3779B97F4A7C15

// newSchedule returns the schedule of c's stream. Its delays use the points c.Share,
// c.Share+c.Of, c.Share+2·c.Of … of the golden sequence, so that all streams of a run
// together use the whole sequence.
func newSchedule(f Fault, c proto.Call) *schedule {
	s := &schedule{
		delay: f.delay, point: (uint64(c.Share) + 1) * golden, step: uint64(max(c.Of, 1)) * golden,
		stall: int64(f.stall), every: int64(f.every), lastStall: c.SteadyTo,
	}
	if f.delay.independent { // also of other runs, whose steady phases begin at other times
		s.point ^= mix(uint64(c.SteadyFrom))
	}
	if c.SteadyTo == 0 { // no steady phase: stalls repeat forever
		s.lastStall = math.MaxInt64
	}
	s.firstStall = c.SteadyFrom + (s.every-s.stall)/2
	if s.firstStall < c.SteadyFrom || c.SteadyFrom < 0 { // overflow
		s.every = 0
	}
	return s
}

// release returns the release time of the next message, which arrived at arrived.
func (s *schedule) release(arrived int64) int64 {
	point := s.point
	if s.delay.independent {
		point = mix(point)
	}
	u := (float64(point>>11) + 0.5) / (1 << 53)
	s.point += s.step
	s.released = s.afterStall(max(arrived, s.released) + int64(s.delay.at(u)))
	return s.released
}

// mix makes a random number of a position in the golden sequence (Steele, Lea and Flood, "Fast Splittable Pseudorandom
// Number Generators", 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// at returns quantile u of the distribution, 0 < u < 1.
func (d delay) at(u float64) time.Duration {
	if d.exponential {
		return time.Duration(-float64(d.low) * math.Log1p(-u))
	}
	return d.low + time.Duration(u*float64(d.high-d.low))
}

// afterStall returns t, or the end of the stall that contains t. Stalls of length S lie
// in the middle of each period T of the steady phase, if they fit, at the same time on
// all streams. Without a steady phase they lie in the middle of each period T of the
// host's clock.
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
