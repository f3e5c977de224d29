package result

import "time"

// Pings are those that rtbench sent in all phases, with their answers.
type Pings struct {
	Sent     uint64 `json:"sent"`
	Answered uint64 `json:"answered"`
	// Mean and Longest are of the times until the answers.
	Mean    time.Duration `json:"mean_ns"`
	Longest time.Duration `json:"longest_ns"`
}

// Plus returns the pings of p and of another repetition or generator, which may be nil.
func (p Pings) Plus(o *Pings) Pings {
	if o == nil {
		return p
	}
	sum := Pings{Sent: p.Sent + o.Sent, Answered: p.Answered + o.Answered, Longest: max(p.Longest, o.Longest)}
	if sum.Answered > 0 {
		sum.Mean = time.Duration((float64(p.Mean)*float64(p.Answered) + float64(o.Mean)*float64(o.Answered)) / float64(sum.Answered))
	}
	return sum
}

// addPings adds the pings of a share.
func (r *Repetition) addPings(o *Pings) {
	if r.Pings == nil {
		r.Pings = o
		return
	}
	sum := r.Pings.Plus(o)
	r.Pings = &sum
}
