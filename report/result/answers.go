package result

import "time"

// Answers describes the answers to the requests due in the steady phase. Times from a request count from when
// it was due.
type Answers struct {
	Requests uint64 `json:"requests"`
	// Ended counts answers that ended well: with the end mark, or with the stream if there is none. CutOff
	// counts those whose stream ended before, Refused requests that were answered with an error instead,
	// Unfinished answers that had not ended at the end of the drain, Unasked requests that were still
	// waiting for a free stream then. The sum is Requests.
	Ended      uint64 `json:"ended"`
	CutOff     uint64 `json:"cut_off"`
	Refused    uint64 `json:"refused"`
	Unfinished uint64 `json:"unfinished"`
	Unasked    uint64 `json:"unasked"`
	// Waited counts requests that had to wait for a free stream; Wait is how long. Lag is how long after
	// it was due a request was sent that had not to wait.
	Waited uint64    `json:"waited"`
	Wait   Histogram `json:"wait_ns"`
	Lag    Histogram `json:"lag_ns"`
	// Tokens counts the tokens that came, one for each message. Reported is their number by the target's own
	// count, of the answers that have one.
	Tokens   uint64 `json:"tokens"`
	Reported uint64 `json:"reported_tokens,omitempty"`
	// First is the time to the first token (TTFT), Between the time between two tokens (inter-token
	// latency, ITL), PerToken an answer's mean of it: (last − first) / (tokens − 1) (time per output token,
	// TPOT), Whole the time to the end of a whole answer.
	First    Histogram `json:"first_ns"`
	Between  Histogram `json:"between_ns"`
	PerToken Histogram `json:"per_token_ns"`
	Whole    Histogram `json:"whole_ns"`
	// Together counts tokens that were already received when the one before was handled. Stalls counts times
	// between tokens of at least StallAfter.
	Together   uint64        `json:"together"`
	Stalls     uint64        `json:"stalls"`
	StallAfter time.Duration `json:"stall_after_ns"`
	// RetryAfter is the longest wait that a refusal asked for.
	RetryAfter time.Duration `json:"retry_after_ns,omitempty"`
}

// Answers merges the answers of all usable repetitions; nil if there are none.
func (c *Cell) Answers() *Answers {
	var sum *Answers
	for _, r := range c.Usable() {
		sum = sum.plus(r.Answers)
	}
	return sum
}

// plus returns the sum of two, either of which may be nil. It may change a.
func (a *Answers) plus(o *Answers) *Answers {
	if o == nil {
		return a
	}
	if a == nil {
		a = &Answers{StallAfter: o.StallAfter}
	}
	for _, n := range []struct {
		to   *uint64
		from uint64
	}{
		{&a.Requests, o.Requests},
		{&a.Ended, o.Ended},
		{&a.CutOff, o.CutOff},
		{&a.Refused, o.Refused},
		{&a.Unfinished, o.Unfinished},
		{&a.Unasked, o.Unasked},
		{&a.Waited, o.Waited},
		{&a.Tokens, o.Tokens},
		{&a.Reported, o.Reported},
		{&a.Together, o.Together},
		{&a.Stalls, o.Stalls},
	} {
		*n.to += n.from
	}
	a.Wait.Merge(o.Wait)
	a.Lag.Merge(o.Lag)
	a.First.Merge(o.First)
	a.Between.Merge(o.Between)
	a.PerToken.Merge(o.PerToken)
	a.Whole.Merge(o.Whole)
	a.RetryAfter = max(a.RetryAfter, o.RetryAfter)
	return a
}

// firstOnTime returns bounds of what percentile p of the time to the first token would have been if all requests had
// been sent when they were due; false if there are too few. The lower one needs no assumption about which requests were
// late: if a share of them was later than d, the percentile falls by at most d from the one lower by that share.
func (a *Answers) firstOnTime(p float64) (low, high time.Duration, known bool) {
	high, known = a.First.Percentile(p)
	if !known {
		return 0, 0, false
	}
	for _, q := range timeMetrics {
		later := (100 - q) * float64(a.Lag.Count()) / float64(a.First.Count()) // percent of those with a token, at most
		if p > later {
			low = max(low, a.First.Quantile(p-later)-a.Lag.Quantile(q))
		}
	}
	return low, high, true
}
