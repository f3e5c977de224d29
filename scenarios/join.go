package scenarios

import (
	"math"
	"slices"
	"strconv"
	"time"

	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Limits of users that come and go. Each is a connection, and the plan of all is in memory.
const (
	maxJoinRate = 10_000 // per second
	maxJoins    = 1_000_000
	sameRate    = 0.01 // relative difference between rates that agree
)

// checkJoin reports users that cannot come and go.
func (s *Scenario) checkJoin(r *spec.Reader) {
	if !r.Has("join") || r.Bad("join.stay") || r.Bad("join.rate") {
		return
	}
	stays := values(s, "join.stay", s.Join.Stay)
	leaves := slices.DeleteFunc(slices.Clone(stays), func(stay cell.Stay) bool { return stay == cell.Stay{} })
	switch {
	case len(leaves) == 0 && s.Join.Rate == 0 && !r.Has("join.stay"):
		r.At("join", ": nobody leaves; expected stay or rate, such as {stay: exponential(30s)}")
		return
	case r.Has("join.rate") && r.Has("join.stay") && len(stays) != len(leaves):
		r.At("join.rate", " with stay: forever, with which nobody leaves; expected one of them")
		return
	}
	if slices.Max(values(s, "load.streams", s.Streams)) > 1 || r.Has("load.topology") {
		r.At("join", " with several streams on a connection; expected one stream for each, because a user is a connection")
	}
	for _, n := range values(s, "load.connections", s.Connections) {
		for _, stay := range stays {
			if !s.checkTurnover(r, n, stay) {
				return
			}
		}
	}
}

// checkTurnover checks how often so many users with a stay are replaced, and reports whether that is possible.
func (s *Scenario) checkTurnover(r *spec.Reader, n int, stay cell.Stay) bool {
	c := cell.Config{Connections: n, Join: cell.Join{Rate: s.Join.Rate, Stay: stay}}
	rate := c.JoinRate()
	key := "join.stay"
	if stay == (cell.Stay{}) {
		key = "join.rate"
	}
	total := rate * (s.Warmup + s.Steady).Seconds()
	switch given := s.Join.Rate; {
	case given > 0 && math.Abs(given/rate-1) > sameRate:
		r.At("join.rate", ": found %s, and %d users who stay %v on average are replaced at %s (connections / stay); expected one of rate and stay, or load.connections: %.0f",
			spec.FormatRate(given), n, stay.Mean(), rateWords(rate), math.Max(1, given*stay.Mean().Seconds()))
		return false
	case rate > maxJoinRate:
		r.At(key, ": %d users who stay %v on average are replaced at %s; expected at most %s, a stay of %v", n, c.Stays().Mean(), rateWords(rate), spec.FormatRate(maxJoinRate), atLeast(n, maxJoinRate))
		return false
	case total > maxJoins:
		r.At(key, ": %.0f users come in %v; expected at most %d, a stay of %v", total, s.Warmup+s.Steady, maxJoins, atLeast(n, maxJoins/(s.Warmup+s.Steady).Seconds()))
		return false
	}
	return true
}

// atLeast returns the mean stay with which n users are replaced at a rate, rounded up.
func atLeast(n int, rate float64) time.Duration {
	return time.Duration(math.Ceil(float64(n)/rate*1000)) * time.Millisecond
}

// rateWords formats a rate with three digits.
func rateWords(rate float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 3, 64), 64)
	return spec.FormatRate(rounded)
}

// checkStays reports axes of stays in more than one group.
func (s *Scenario) checkStays(r *spec.Reader) {
	first := ""
	for _, g := range s.Groups {
		switch {
		case len(g.axes["join.stay"]) < 2:
		case first != "":
			r.At("groups."+g.Group+".join.stay", ": a list, and one in group %s; expected one value, because one group has the axis", first)
		default:
			first = g.Group
		}
	}
}
