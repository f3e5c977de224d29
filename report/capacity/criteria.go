package capacity

import (
	"math"
	"slices"
	"time"

	"rtbench/proto/quantity"
	"rtbench/report/metric"
	"rtbench/report/result"
)

// measured reports whether the step says something about the server.
func (s Step) measured() bool { return s.Outcome == Met || s.Outcome == Missed }

// criteriaOf returns the criteria that bound the capacity, given steps of which one met the objective and one missed it:
// the share that most steps exceed, and all else as a whole, if steps missed it.
func criteriaOf(steps []Step) (of []criterion) {
	binding := bindingShare(steps)
	var (
		counted []float64
		shares  []Share
		rest    outcomes
		missed  bool
	)
	for _, s := range steps {
		if !s.measured() {
			continue
		}
		at := math.Log(s.At)
		counts := binding < len(s.Shares) && s.Shares[binding].Of > 0
		if counts {
			counted, shares = append(counted, at), append(shares, s.Shares[binding])
		}
		t := trial{at, s.metBeside(binding)}
		rest, missed = append(rest, t), missed || !t.met
	}
	if len(shares) > 0 {
		of = append(of, newShares(counted, shares))
	}
	if missed || len(of) == 0 {
		of = append(of, rest)
	}
	return of
}

// bindingShare returns the index of the share that most steps exceed, the first of several. It returns an index past all
// if fewer steps than half of those that miss the objective exceed it: a share that is exceeded only far above the
// capacity says little about it.
func bindingShare(steps []Step) (binding int) {
	var exceeded []int
	missed := 0
	for _, s := range steps {
		if s.Outcome == Missed {
			missed++
		}
		for i, share := range s.Shares {
			if i == len(exceeded) {
				exceeded = append(exceeded, 0)
			}
			if s.measured() && share.exceeds() {
				exceeded[i]++
			}
		}
	}
	most := 0
	for i, n := range exceeded {
		if n > most {
			binding, most = i, n
		}
	}
	if most == 0 || 2*most < missed {
		return len(exceeded)
	}
	return binding
}

// metBeside reports whether the step met all of the objective but one share: nothing else is known to be missed if
// that share exceeds its limit.
func (s Step) metBeside(binding int) bool {
	explained := false
	for i, share := range s.Shares {
		if share.exceeds() {
			if i != binding {
				return false
			}
			explained = true
		}
	}
	return s.Outcome == Met || explained
}

// Counted reports whether the steps of a search count the messages over a limit of its objective. Otherwise they only
// meet or miss it.
func Counted(s *result.Search) bool {
	return slices.ContainsFunc(s.Limits, func(l result.SearchLimit) bool { return allowedOver(l) > 0 })
}

// allowedOver returns the share of the messages that may be over a limit: that of a percentile, or the failed rate; 0 if
// the limit is not of this kind.
func allowedOver(l result.SearchLimit) float64 {
	q, _ := quantity.Named(l.Quantity)
	switch {
	case l.InWindows:
		return 0
	case q.Distribution:
		return 1 - l.Percentile/100
	case q == quantity.FailedRate && l.Value < 1:
		return l.Value
	}
	return 0
}

// sharesOf returns the messages of a step over each limit that allows a share of them.
func sharesOf(r *result.Repetition, o Outcome, limits []result.SearchLimit) (out []Share) {
	for _, l := range limits {
		s := Share{Allowed: allowedOver(l)}
		if s.Allowed <= 0 {
			continue
		}
		if q, _ := quantity.Named(l.Quantity); q.Distribution {
			s.Over, s.Of = timesOver(r, o, q, l)
		} else {
			s.Over, s.Of = int64(r.Counters.Failed), int64(r.Counters.Due)
		}
		out = append(out, s)
	}
	return out
}

// timesOver returns how many times are over a limit, and of how many. If rtbench sent messages late, the bounds of
// their times decide: a step that misses the objective does so by the lower ones.
func timesOver(r *result.Repetition, o Outcome, q quantity.Quantity, l result.SearchLimit) (over, of int64) {
	h := metric.Distribution(r, q)
	if q == quantity.Response && o == Missed && !r.UsableTime(l.Percentile) {
		h = r.Least()
	}
	return h.From(time.Duration(l.Value)), h.Count()
}
