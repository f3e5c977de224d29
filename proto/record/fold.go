package record

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"rtbench/proto/pace"
)

// A fold counts response times by the time within the period of bursts at which messages were due, and how many
// messages waited for their reply in each period. Its times take 6 MB.
type fold struct {
	wave    pace.Wave
	from    int64 // the start of the first period
	inBurst int   // parts of the burst; the others are of the rest of the period
	times   []counts
	// change is the messages that became due less those received, by tick: an equal part of a period.
	change []int32
	ticks  int // of a period
}

// The resolution of a fold: parts of a period with a histogram each, ticks of a period, and the most ticks that are
// kept. In a longer phase ticks are longer, and if that is not enough, the last periods are left out.
const (
	FoldParts = 50
	foldTicks = 500
	mostTicks = 1 << 20
)

// Fold makes s also record by the time within the periods of w, which begin with the steady phase. It must be called
// before the first message.
func (s *Sink) Fold(w pace.Wave) {
	periods := int(s.window.Length() / w.Period)
	f := &fold{wave: w, from: s.window.From, ticks: max(FoldParts, min(foldTicks, mostTicks/max(1, periods)))}
	f.inBurst = min(max(1, int(math.Round(FoldParts*float64(w.On)/float64(w.Period)))), FoldParts-1)
	f.times = make([]counts, FoldParts)
	for i := range f.times {
		f.times[i] = newCounts()
	}
	f.change = make([]int32, min(periods, mostTicks/f.ticks)*f.ticks+1) // the last one is of later times
	s.fold = f
}

// add adds a message.
func (f *fold) add(m *measured) {
	f.times[f.part(time.Duration(m.intended-f.from)%f.wave.Period)].add(m.received - m.intended)
	f.change[f.tick(m.intended)]++
	f.change[f.tick(m.received)]--
}

// part returns the part of a time within the period.
func (f *fold) part(in time.Duration) int {
	if in < f.wave.On {
		return int(int64(in) * int64(f.inBurst) / int64(f.wave.On))
	}
	return f.inBurst + int(int64(in-f.wave.On)*int64(FoldParts-f.inBurst)/int64(f.wave.Period-f.wave.On))
}

func (f *fold) tick(at int64) int {
	since := max(0, at-f.from)
	period, in := since/int64(f.wave.Period), since%int64(f.wave.Period)
	return min(int(period)*f.ticks+int(in*int64(f.ticks)/int64(f.wave.Period)), len(f.change)-1)
}

// A Folded is what a Sink recorded within the periods of bursts.
type Folded struct {
	Parts []Part
	// Backlog is the most messages that were due and not yet answered at any time of each period, without those that
	// never were: nobody knows when the server gave them up. Drained is the time from the end of its burst until no
	// more messages waited than usually do before the next one; negative if that was not before the middle of the time
	// between bursts.
	Backlog []int64
	Drained []time.Duration
}

// A Part is a part of a period.
type Part struct {
	Start, Length time.Duration
	Response      *hdrhistogram.Histogram // of the messages due in it
	Waiting       float64                 // messages due and not answered at its end, on average
}

// Folded returns what was recorded so far, without messages still held by Recorders; nil without Fold.
func (s *Sink) Folded() *Folded {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fold == nil {
		return nil
	}
	f := s.fold
	periods := f.waiting()
	out := &Folded{Parts: f.parts(periods)}
	usual := f.usual(periods)
	for _, waiting := range periods {
		out.Backlog = append(out.Backlog, slices.Max(waiting))
		out.Drained = append(out.Drained, f.drained(waiting, usual))
	}
	return out
}

// waiting returns the messages that waited at the end of each tick of each period.
func (f *fold) waiting() (periods [][]int64) {
	n, now := len(f.change)/f.ticks, int64(0)
	for i := range n {
		waiting := make([]int64, f.ticks)
		for k := range waiting {
			now += int64(f.change[i*f.ticks+k])
			waiting[k] = now
		}
		periods = append(periods, waiting)
	}
	return periods
}

// parts returns the parts of the period.
func (f *fold) parts(periods [][]int64) (parts []Part) {
	for i := range f.times {
		total := make([]int64, indexes)
		f.times[i].addTo(total)
		p := Part{Start: f.start(i), Length: f.start(i+1) - f.start(i), Response: histogram(total)}
		for _, waiting := range periods {
			at := int(int64(p.Start+p.Length)*int64(f.ticks)/int64(f.wave.Period)) - 1
			p.Waiting += float64(waiting[max(0, at)]) / float64(len(periods))
		}
		parts = append(parts, p)
	}
	return parts
}

// start returns the time within the period at which a part begins.
func (f *fold) start(part int) time.Duration {
	if part <= f.inBurst {
		return f.wave.On * time.Duration(part) / time.Duration(f.inBurst)
	}
	return f.wave.On + (f.wave.Period-f.wave.On)*time.Duration(part-f.inBurst)/time.Duration(FoldParts-f.inBurst)
}

// middle returns the first tick of the second half of the time between bursts, and end the first one after the burst.
func (f *fold) middle() (end, middle int) {
	tick := func(d time.Duration) int { return int(int64(d) * int64(f.ticks) / int64(f.wave.Period)) }
	return tick(f.wave.On), tick((f.wave.On + f.wave.Period) / 2)
}

// usual returns the most messages that wait in the second half of the time between bursts, in half of the periods.
func (f *fold) usual(periods [][]int64) int64 {
	var most []int64
	_, middle := f.middle()
	for _, waiting := range periods {
		most = append(most, slices.Max(waiting[middle:]))
	}
	if len(most) == 0 {
		return 0
	}
	slices.Sort(most)
	return most[(len(most)-1)/2]
}

// drained returns the time from the end of a burst until no more messages waited than usually.
func (f *fold) drained(waiting []int64, usual int64) time.Duration {
	end, middle := f.middle()
	for k := max(0, end-1); k < middle; k++ {
		if waiting[k] <= usual {
			return max(0, f.wave.Period*time.Duration(k+1)/time.Duration(f.ticks)-f.wave.On)
		}
	}
	return -1
}
