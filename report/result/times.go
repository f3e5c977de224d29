package result

// What a cell's response_ns holds (Config.Times) where it is neither a response nor a
// delivery time by a plan.
const (
	TimesGap    = "gap"     // between two arrivals on a stream
	TimesOneWay = "one-way" // received − the server's stamp in the message
)

// ServerPaced is the Model of cells whose server sends when it likes: there is no plan, and
// nobody waits for an answer.
const ServerPaced = "server"

// TimeName is what the times of response_ns are, in words: response time, delivery time,
// gap between arrivals, one-way time.
func (c Config) TimeName() string {
	switch {
	case c.Times == TimesGap:
		return "gap between arrivals"
	case c.Times == TimesOneWay:
		return "one-way time"
	case c.FromServer():
		return "delivery time"
	}
	return "response time"
}

// shortTime is the word of TimeName before p50 in a reason.
func (c Config) shortTime() string {
	if c.Times == TimesGap || c.Times == TimesOneWay {
		return c.Times
	}
	return "response"
}

// Arrivals are those of the repetitions that Merged would merge, together: histograms and
// counts added, the longest silence and the widest bound; nil where there are none. A bound
// is not known where it is not of any of them.
func (c *Cell) Arrivals() *Arrivals {
	var sum *Arrivals
	unknown := false
	for _, r := range c.valid() {
		a := r.Arrivals
		if a == nil {
			continue
		}
		if sum == nil {
			sum = &Arrivals{StallAfter: a.StallAfter, Bound: a.Bound}
		}
		sum.Gap.Merge(a.Gap)
		sum.First.Merge(a.First)
		sum.Untimed += a.Untimed
		sum.Silent += a.Silent
		sum.Stalls += a.Stalls
		sum.Longest = max(sum.Longest, a.Longest)
		sum.Stamped += a.Stamped
		sum.Bunched += a.Bunched
		if sum.Bound = max(sum.Bound, a.Bound); a.Bound < 0 || unknown {
			sum.Bound, unknown = -1, true
		}
		if sum.Refused == "" {
			sum.Refused = a.Refused
		}
	}
	return sum
}

// fewestStamped is how many stamped messages tell whether something holds them back.
const fewestStamped = 20

// HeldBack says whether something on the way holds messages back, and the share of those
// stamped apart that came together: more than half of at least 20.
func (a *Arrivals) HeldBack() (share float64, held bool) {
	if a == nil || a.Stamped < fewestStamped {
		return 0, false
	}
	share = float64(a.Bunched) / float64(a.Stamped)
	return share, share > 0.5
}

// Insecure are the IDs of the cells whose server's certificate was not verified, in the
// order of r.
func (r *Result) Insecure() []string {
	var out []string
	for _, c := range r.Cells {
		if c.Config.Insecure {
			out = append(out, c.ID)
		}
	}
	return out
}

// NeverOpened says that none of the cell's repetitions could open a stream, and that one
// tried.
func (c *Cell) NeverOpened() bool {
	for _, r := range c.Repetitions {
		if r.Error == "" || r.Counters.Unopened == 0 {
			return false
		}
	}
	return len(c.Repetitions) > 0
}

// NothingOpened says that the cell's last repetition could open no stream.
func (c *Cell) NothingOpened() bool {
	if len(c.Repetitions) == 0 {
		return false
	}
	last := c.Repetitions[len(c.Repetitions)-1]
	return last.Error != "" && last.Counters.Unopened > 0
}
