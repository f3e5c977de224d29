package report

import (
	"fmt"
	"math"
	"strings"

	"rtbench/report/metric"
	"rtbench/report/result"
	"rtbench/report/stats"
)

// A part is the group of an effect over a protocol, with the pairs of repetitions that tell its cost.
type part struct {
	name  string
	cell  *result.Cell
	calm  *result.Cell            // it while all its users stay; nil if it is left out
	pairs [][2]*result.Repetition // of another group, with and without the effect
}

// memory returns what a stream of the group adds to the server's resident memory at the end of the steady
// phase. Bytes of sockets, which the kernel holds, are not included.
func (p part) memory() stats.Interval {
	var differences []float64
	streams := float64(p.cell.Config.Connections * p.cell.Config.Streams)
	for _, pair := range p.pairs {
		with, without := pair[0].Server, pair[1].Server
		if with.RSSBytes > 0 && without.RSSBytes > 0 {
			differences = append(differences, float64(with.RSSBytes-without.RSSBytes)/streams)
		}
	}
	return stats.MedianInterval(differences, metric.Confidence)
}

// ranOn reports whether one process served all repetitions, so that it may have kept memory for which it no
// longer had a use.
func (p part) ranOn() bool { return p.cell.Config.Target != "" }

// counts returns the counts of the group's repetitions: of messages in the steady phase, and of streams in all.
func (p part) counts() (messages, all result.Counters) {
	var steady, whole []result.Counters
	for _, r := range p.cell.Repetitions {
		steady, whole = append(steady, r.Counters), append(whole, r.AllPhases())
	}
	return result.Sum(steady...), result.Sum(whole...)
}

// missed returns the share of the messages due to the group that it did not get by the end of the drain; NaN
// if unknown.
func (p part) missed() float64 {
	messages, _ := p.counts()
	return messages.FailedRate()
}

// ended returns how often the server ended a stream of the group in a repetition: the median.
func (p part) ended() float64 {
	var list []float64
	for _, r := range p.cell.Repetitions {
		list = append(list, float64(r.AllPhases().EndedCount()))
	}
	return stats.Median(list)
}

// fate says what became of the group.
func (p part) fate() string {
	messages, all := p.counts()
	switch missed := p.missed(); {
	case all.EndedCount() > 0:
		return "disconnected"
	case missed > 0 && messages.Dropped > 0:
		return "messages dropped"
	case missed > 0:
		return "messages missed"
	case math.IsNaN(missed):
		return "stayed connected"
	}
	return "got everything"
}

// fates says what became of the group itself, and what it cost.
func (e *effect) fates() string {
	if e.stay != "" {
		return e.joined()
	}
	var fates Grouped[string, string]
	var memory cost
	for _, p := range e.parts {
		fates.Add(p.fate(), p.name)
		memory.add(p.name, p.memory())
	}
	return e.about(fates, memory.sentence("a stream", "memory", len(e.parts), result.Bytes))
}

// about returns a sentence about the group: its fates, with the protocols over which it had them, and its cost, if any.
func (e *effect) about(fates Grouped[string, string], cost string) string {
	var list []string
	for _, fate := range fates.Keys {
		list = append(list, fate+overThese(fates.Of[fate], len(e.parts)))
	}
	if cost != "" {
		list = append(list, cost)
	}
	return e.group + ": " + strings.Join(list, "; ") + "."
}

// ofGroup returns the table of the group itself.
func (e *effect) ofGroup() EffectTable {
	if e.stay != "" {
		return e.onJoining()
	}
	return e.onServer()
}

// onServer returns the table of what the group costs the server, and what the server did with it.
func (e *effect) onServer() EffectTable {
	t := EffectTable{
		Caption: e.group + " itself: the memory that one of its streams adds to the server's process, the streams that the server ended, and the messages that had not arrived at the end of the drain",
		Heads:   []string{"", "server memory each", "ended", "missed", ""}, drops: []int{4, 2, 3},
	}
	if e.ranOn() {
		t.Caption += "; " + strings.TrimSpace(result.AtLeast) + ": the server ran on, so the runs without " + e.group + " may include memory that it had kept"
	}
	for _, p := range e.parts {
		share := result.Unknown
		if v := p.missed(); !math.IsNaN(v) {
			share = fmt.Sprintf("%.3g %%", 100*v)
		}
		t.Rows = append(t.Rows, []string{p.name, p.memoryText(), whole(p.ended()), share, p.fate()})
	}
	return t
}

func (e *effect) ranOn() bool {
	for _, p := range e.parts {
		if p.ranOn() {
			return true
		}
	}
	return false
}

// memoryText formats the memory of a stream: with an interval, or as a bound if it may be nothing. A server that ran on
// gives a lower bound.
func (p part) memoryText() string {
	in := p.memory()
	text := memoryText(in)
	switch {
	case !p.ranOn() || text == result.Unknown:
		return text
	case in.Low <= 0:
		return result.Unknown
	}
	return result.AtLeast + text
}

func memoryText(in stats.Interval) string {
	switch {
	case in.N == 0:
		return result.Unknown
	case in.N < metric.MinPairs && in.Median <= 0:
		return result.Unknown // within its variation
	case in.N < metric.MinPairs:
		return result.Bytes(in.Median)
	case in.High <= 0:
		return "none shown"
	case in.Low <= 0:
		return "up to " + result.Bytes(in.High)
	}
	return fmt.Sprintf("%s [%s, %s]", result.Bytes(in.Median), result.Bytes(in.Low), result.Bytes(in.High))
}
