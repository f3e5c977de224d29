package report

import (
	"math"

	"rtbench/report/result"
)

// A stormColumn is a value of a storm.
type stormColumn struct {
	head   string
	shown  stormView
	value  func(*result.Repetition, *result.Storm) float64
	format func(float64) string
	// percentile is that of a time of messages, which is judged as those of the whole phase are; else 0.
	percentile float64
	// briefHead is the heading on the first screen, if it is shorter.
	briefHead string
}

// A stormView is a set of columns.
type stormView uint8

const (
	cutBriefly stormView = 1 << iota // on the first screen, for streams that came back
	stayed                           // for groups whose streams stayed
	inFull
	partitionBriefly // on the first screen, for streams that a partition of the network held up
	partitionInFull
)

var stormColumns = []stormColumn{
	{"ended", partitionBriefly | partitionInFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.Cut) }, whole, 0, ""},
	{"50 % served", partitionBriefly | partitionInFull, untilServed(50), result.Duration, 0, ""},
	{"99 % served", partitionBriefly | partitionInFull, untilServed(99), result.Duration, 0, ""},
	{"100 % served", partitionBriefly | partitionInFull, untilServed(100), result.Duration, 0, ""},
	{"delayed", partitionBriefly | partitionInFull, delayed, whole, 0, ""},
	{"cut", cutBriefly | inFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.Cut) }, whole, 0, ""},
	{"50 % back", cutBriefly | inFull, untilBack(50), result.Duration, 0, ""},
	{"99 % back", cutBriefly | inFull, untilBack(99), result.Duration, 0, ""},
	{"100 % back", cutBriefly | inFull | partitionInFull, untilBack(100), result.Duration, 0, ""},
	{"attempts", inFull | partitionInFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.Attempts) }, whole, 0, ""},
	{"refused", cutBriefly | inFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.RefusedCount()) }, whole, 0, ""},
	{"peak/s", cutBriefly | inFull, func(_ *result.Repetition, s *result.Storm) float64 { return s.PeakAttempts() }, whole, 0, ""},
	{"missed", cutBriefly | inFull | partitionBriefly | partitionInFull, missed, whole, 0, ""},
	{"duplicated", inFull | partitionBriefly | partitionInFull, func(r *result.Repetition, _ *result.Storm) float64 { return float64(r.Counters.Duplicates) }, whole, 0, ""},
	{"gave up", inFull | partitionInFull, func(_ *result.Repetition, s *result.Storm) float64 { return float64(s.GaveUp) }, whole, 0, ""},
	{"server cores", stayed | inFull | partitionInFull, func(r *result.Repetition, s *result.Storm) float64 { return r.Course(s).ServerCores }, twoDigits, 0, "cores"},
	{"server memory", stayed | inFull | partitionInFull, func(r *result.Repetition, s *result.Storm) float64 { return r.Course(s).ServerMemory }, result.Bytes, 0, "memory"},
	courseTime(50, "p50 before", true), courseTime(50, "p50 during", false),
	courseTime(99, "p99 before", true), courseTime(99, "p99 during", false),
}

// columnsIn returns the columns of a view.
func columnsIn(v stormView) (list []stormColumn) {
	for _, c := range stormColumns {
		if c.shown&v != 0 {
			list = append(list, c)
		}
	}
	return list
}

func untilBack(percent float64) func(*result.Repetition, *result.Storm) float64 {
	return func(_ *result.Repetition, s *result.Storm) float64 { return result.Nanoseconds(s.Until(percent)) }
}

// untilServed returns the time from the end of a partition until a share of the streams was served again.
func untilServed(percent float64) func(*result.Repetition, *result.Storm) float64 {
	return func(_ *result.Repetition, s *result.Storm) float64 {
		if s.Partition == nil {
			return math.NaN()
		}
		return result.Nanoseconds(s.Partition.Until(percent))
	}
}

func delayed(_ *result.Repetition, s *result.Storm) float64 {
	if s.Partition == nil || s.Partition.Unknown {
		return math.NaN()
	}
	return float64(s.Partition.Delayed)
}

// courseTime returns a percentile of the times of messages received before the event, or until all were back.
func courseTime(p float64, head string, before bool) stormColumn {
	return stormColumn{head, stayed | inFull | partitionInFull, func(r *result.Repetition, s *result.Storm) float64 {
		times := r.Course(s).During
		if before {
			times = r.Course(s).Before
		}
		name, all := result.TimeMetric(p), max(1, r.Response.Count())
		enough := times.Count()*r.Independent(p)/all >= result.SamplesFor(p)
		if !enough || !r.Usable(name) && !r.IsUpperBound(name) {
			return math.NaN()
		}
		return float64(times.Quantile(p))
	}, result.Duration, p, ""}
}

func missed(r *result.Repetition, _ *result.Storm) float64 {
	if r.Missed.Unknown {
		return math.NaN()
	}
	return float64(r.Missed.Count())
}
