package result

import (
	"maps"
	"math"
	"strings"
)

// ErrorCount counts failed messages, broken streams, failed attempts to open a stream, and
// streams that could never be opened. A stream that the server closes normally is no error.
func (n Counters) ErrorCount() uint64 {
	return n.Failed + total(n.Errors) + total(n.Refused) + n.Unopened
}

// ErrorParts breaks ErrorCount down; empty if it is 0.
func (n Counters) ErrorParts() string {
	var parts []string
	for _, e := range []struct {
		n          uint64
		noun, verb string
	}{
		{n.Failed, "message", " failed"},
		{total(n.Errors), "stream", " broke"},
		{total(n.Refused), "attempt", " to open a stream failed"},
		{n.Unopened, "stream", " could never be opened"},
	} {
		if e.n > 0 {
			parts = append(parts, Plural(e.n, e.noun)+e.verb)
		}
	}
	return strings.Join(parts, ", ")
}

// FailedRate is the share of the messages due that failed, from 0 to 1; NaN if none was due.
func (n Counters) FailedRate() float64 {
	if n.Due == 0 {
		return math.NaN()
	}
	return float64(n.Failed) / float64(n.Due)
}

// Whole returns the counters of all phases together. Reasons about streams use it, and the
// comparison with a server's own counts; results are of the steady phase alone.
func (r *Repetition) Whole() Counters {
	sum := r.Counters
	sum.Errors, sum.Refused = maps.Clone(sum.Errors), maps.Clone(sum.Refused)
	sum.Closed, sum.Unexpected = maps.Clone(sum.Closed), maps.Clone(sum.Unexpected)
	for _, o := range []*Counters{r.OtherPhases.Connect, r.OtherPhases.Warmup, r.OtherPhases.Drain} {
		if o != nil {
			sum.add(o)
		}
	}
	return sum
}

// add adds the counts of another phase.
func (n *Counters) add(o *Counters) {
	for _, c := range []struct {
		into *uint64
		n    uint64
	}{
		{&n.Planned, o.Planned},
		{&n.Due, o.Due},
		{&n.Sent, o.Sent},
		{&n.Published, o.Published},
		{&n.NotSent, o.NotSent},
		{&n.Recorded, o.Recorded},
		{&n.Lost, o.Lost},
		{&n.ErrorReplies, o.ErrorReplies},
		{&n.Failed, o.Failed},
		{&n.Duplicates, o.Duplicates},
		{&n.OutOfOrder, o.OutOfOrder},
		{&n.Corrupt, o.Corrupt},
		{&n.Reopened, o.Reopened},
		{&n.Completed, o.Completed},
		{&n.Unopened, o.Unopened},
		{&n.Unmatched, o.Unmatched},
		{&n.Surplus, o.Surplus},
	} {
		*c.into += c.n
	}
	n.UnmatchedKinds = UnmatchedKinds(*n, *o)
	addClasses(&n.Errors, o.Errors)
	addClasses(&n.Refused, o.Refused)
	addClasses(&n.Closed, o.Closed)
	addClasses(&n.Unexpected, o.Unexpected)
}

func addClasses(into *map[string]uint64, from map[string]uint64) {
	for class, n := range from {
		if *into == nil {
			*into = map[string]uint64{}
		}
		(*into)[class] += n
	}
}
