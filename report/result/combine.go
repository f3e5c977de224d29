package result

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Combine returns the repetition that several generators ran together, each a share of it at the same
// time: it adds histograms, counts and resources. What they shared, which is the server and the verdict,
// is left to the caller, as is the series (DescribeSeries), which needs their flows.
func Combine(shares []*Repetition) *Repetition {
	sum := &Repetition{}
	for i, r := range shares {
		if i == 0 {
			sum.Index, sum.Order, sum.Started = r.Index, r.Order, r.Started
		}
		if r.Started.Before(sum.Started) {
			sum.Started = r.Started
		}
		sum.Phases.add(r.Phases)
		sum.Interrupted = sum.Interrupted || r.Interrupted
		sum.Aborted, sum.Error = cmp.Or(sum.Aborted, r.Aborted), cmp.Or(sum.Error, r.Error)
		sum.Request = Shorter(sum.Request, r.Request)
		sum.Negotiated = cmp.Or(sum.Negotiated, r.Negotiated)
		sum.Response.Merge(r.Response)
		sum.Service.Merge(r.Service)
		sum.Lag.Merge(r.Lag)
		sum.Low.Merge(r.Low)
		sum.addTimeline(r.Timeline)
		sum.addSamples(r.Samples)
		sum.Counters = addCounters(sum.Counters, r.Counters)
		sum.OtherPhases.add(r.OtherPhases)
		sum.Client.add(r.Client)
		sum.Server.Received += r.Server.Received
		sum.Wire.SentBytes += r.Wire.SentBytes
		sum.Wire.ReceivedBytes += r.Wire.ReceivedBytes
		sum.StreamTime.add(r.StreamTime)
		sum.ClientPauses.add(r.ClientPauses)
		sum.ClientGaps = append(sum.ClientGaps, r.ClientGaps...)
		sum.addArrivals(r.Arrivals)
		sum.Answers = sum.Answers.plus(r.Answers)
		sum.addConnecting(r.Connecting)
		sum.addPings(r.Pings)
		sum.addJoins(r.Joins)
		sum.Kinds = addKinds(sum.Kinds, r.Kinds)
		sum.Missed.add(r.Missed)
		sum.addRelay(r.Network)
		sum.ServerClock = lessKnown(sum.ServerClock, r.ServerClock)
	}
	sum.Storms, sum.Bursts = combineStorms(shares), combineBursts(shares)
	sum.StreamTime.NoneOpen = leastNoneOpen(shares, sum.Phases.Steady)
	slices.SortFunc(sum.ClientGaps, func(a, b Gap) int { return cmp.Compare(b.Length, a.Length) })
	sum.ClientGaps = sum.ClientGaps[:min(len(sum.ClientGaps), mostGaps)]
	return sum
}

// mostGaps is the number of gaps that a repetition lists.
const mostGaps = 10

// add adds the phases of a share: each phase takes as long as that of the slowest.
func (p *Phases) add(o Phases) {
	p.Connect, p.Warmup = max(p.Connect, o.Connect), max(p.Warmup, o.Warmup)
	p.Steady, p.Drain = max(p.Steady, o.Steady), max(p.Drain, o.Drain)
}

// addTimeline adds the intervals of a share. Those of all shares begin at the same times.
func (r *Repetition) addTimeline(list []Interval) {
	for i, in := range list {
		if i == len(r.Timeline) {
			r.Timeline = append(r.Timeline, Interval{Start: in.Start, Length: in.Length})
		}
		r.Timeline[i].Response.Merge(in.Response)
	}
}

// addSamples adds the samples of a share. The nth samples of all shares are taken at about the same time,
// except the last, at the end of the steady phase; a sum needs one of each share.
func (r *Repetition) addSamples(list []Sample) {
	if r.Samples == nil {
		r.Samples = slices.Clone(list)
		return
	}
	r.Samples = r.Samples[:min(len(r.Samples), len(list))]
	for i := range r.Samples {
		s := list[i]
		if i == len(r.Samples)-1 {
			s = list[len(list)-1]
		}
		to := &r.Samples[i]
		to.At, to.Recorded = max(to.At, s.At), to.Recorded+s.Recorded
		to.Client.CPU += s.Client.CPU
		to.Client.RSSBytes += s.Client.RSSBytes
		to.Client.GCs += s.Client.GCs
	}
}

// addCounters is Sum with the first example of each class.
func addCounters(a, b Counters) Counters {
	examples := maps.Clone(b.Examples)
	if examples == nil {
		examples = a.Examples
	} else {
		maps.Copy(examples, a.Examples)
	}
	sum := Sum(a, b)
	sum.Examples, sum.SenderExcluded = examples, a.SenderExcluded || b.SenderExcluded
	return sum
}

func (o *OtherPhases) add(p OtherPhases) {
	for _, e := range []struct {
		to   **Counters
		from *Counters
	}{{&o.Connect, p.Connect}, {&o.Warmup, p.Warmup}, {&o.Drain, p.Drain}} {
		if e.from == nil {
			continue
		}
		var before Counters
		if *e.to != nil {
			before = **e.to
		}
		sum := addCounters(before, *e.from)
		*e.to = &sum
	}
}

// add adds the resources of another generator.
func (c *Resources) add(o Resources) {
	c.Known = c.Known || o.Known
	if c.Receivers == "" || o.Receivers == Goroutines { // the slower of the two
		c.Receivers = o.Receivers
	}
	c.Late = max(c.Late, o.Late)
	c.Received += o.Received
	c.CPU += o.CPU
	c.Spin += o.Spin
	c.RSSBytes += o.RSSBytes
	c.BeforeBytes += o.BeforeBytes
	c.Goroutines += o.Goroutines
	c.GCs += o.GCs
	c.GCPause += o.GCPause
	c.GOGC = cmp.Or(c.GOGC, o.GOGC)
	c.Scheduling.Merge(o.Scheduling)
	c.GCPauses.Merge(o.GCPauses)
	c.Receiving.Merge(o.Receiving)
	c.Sending.Merge(o.Sending)
}

// add adds the stream time of another share, except NoneOpen.
func (t *StreamTime) add(o StreamTime) {
	t.Total += o.Total
	t.NotOpen += o.NotOpen
	t.NotOpenStreams += o.NotOpenStreams
	t.Waiting += o.Waiting
	t.WaitingStreams += o.WaitingStreams
	t.Resting += o.Resting
	t.Cut += o.Cut
	t.Paused += o.Paused
}

// leastNoneOpen returns for how long no stream of any share can have been open at least, which is all that
// the shares know together.
func leastNoneOpen(shares []*Repetition, steady time.Duration) time.Duration {
	least := steady
	for _, r := range shares {
		least -= steady - r.StreamTime.NoneOpen
	}
	return max(0, least)
}

// add adds the pauses of another generator. Their sum is an upper bound of the time in which messages
// were delayed.
func (p *Pauses) add(o Pauses) {
	p.Count += o.Count
	p.Total += o.Total
	p.Longest = max(p.Longest, o.Longest)
	p.InDrain += o.InDrain
}

// addArrivals adds the arrivals of another share.
func (r *Repetition) addArrivals(a *Arrivals) {
	switch {
	case a == nil:
	case r.Arrivals == nil:
		sum := Arrivals{StallAfter: a.StallAfter}
		sum.add(a)
		sum.Bound = a.Bound
		r.Arrivals = &sum
	default:
		r.Arrivals.add(a)
	}
}
