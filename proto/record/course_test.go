package record

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rtbench/proto"
	"rtbench/proto/pace"
)

// The course of a queue with one worker agrees with its closed form: an overload leaves (rate − 1/service)·length
// messages, which are gone after backlog/(1/service − rate after it).
func TestCourseOfQueue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.Float64Range(100, 5000).Draw(t, "capacity")
		high := capacity * rapid.Float64Range(1.2, 3).Draw(t, "overload")
		low := capacity * rapid.Float64Range(0.1, 0.8).Draw(t, "below")
		length := time.Duration(rapid.IntRange(500, 2000).Draw(t, "milliseconds")) * time.Millisecond
		backlog := (high - capacity) * length.Seconds()
		drained := backlog / (capacity - low)
		c := queueCourse(capacity, pace.Profile{{Duration: length, From: high, To: high}, {Duration: time.Duration(1.5 * drained * float64(time.Second)), From: low, To: low}})
		if queued, unsent := c.Queued(); math.Abs(float64(queued)-backlog) > 2 || unsent != 0 {
			t.Errorf("%d messages of the overload were answered after it, %d sent; want %.1f and 0", queued, unsent, backlog)
		}
		gone := c.Mark()
		for course := c.Backlog(); course[gone] > 1; gone++ {
		}
		at := time.Duration(gone+1-c.Mark()) * c.Slot()
		if off := math.Abs(at.Seconds() - drained); off > c.Slot().Seconds()+2/(capacity-low) {
			t.Errorf("the backlog was gone after %v, want %.3f s", at, drained)
		}
		// The first message after the overload waits for the whole backlog.
		want, got := backlog/capacity, time.Duration(c.Response(c.Mark(), c.Mark()+1+int(float64(time.Second)/low/float64(c.Slot()))).Max()).Seconds()
		if math.Abs(got-want) > 0.01*want+3/capacity+1/low {
			t.Errorf("the first messages after the overload took %.4f s, want %.4f s", got, want)
		}
	})
}

// queueCourse returns the course of messages that one worker answers, whose overload is the first segment.
func queueCourse(capacity float64, p pace.Profile) *Course {
	const from = 1e9
	w := pace.Window{Origin: from, From: from, To: from + int64(p.Length())}
	slot := p[0].Duration / 200
	slots := int((p.Length() + slot - 1) / slot)
	plan, planned := pace.NewPlan(p, pace.Constant, 1, 0, 1), make([]uint64, slots)
	s := NewSink(w)
	c := NewCourse(w, 200*slot, slot, planned)
	s.Follow(c)
	rec, free := NewRecorder(s), float64(from)
	for {
		due, more := plan.Next()
		if !more {
			break
		}
		planned[due/slot]++
		at := from + int64(due)
		free = max(free, float64(at)) + 1e9/capacity
		rec.Record(proto.Header{Intended: at, Sent: at}, int64(free))
	}
	rec.Flush()
	return c
}

// Messages that were not answered are in no backlog, and those sent after the mark are told apart.
func TestCourseOfLostAndLateMessages(t *testing.T) {
	t.Parallel()
	w := pace.Window{From: 0, To: 1000}
	s, c := NewSink(w), NewCourse(w, 500, 100, []uint64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	s.Follow(c)
	rec := NewRecorder(s)
	for _, m := range [][3]int64{{50, 50, 60}, {150, 150, 450}, {450, 510, 2050}, {550, 560, 570}} {
		rec.Record(proto.Header{Intended: m[0], Sent: m[1]}, m[2])
	}
	rec.Flush()
	queued, unsent := c.Queued()
	if due, answered := c.Due(0, c.Mark()); queued != 1 || unsent != 1 || due != 5 || answered != 3 {
		t.Errorf("%d queued, %d unsent, %d of %d answered", queued, unsent, answered, due)
	}
	if got := c.Backlog(); len(got) != 21 || got[1] != 1 || got[4] != 1 || got[19] != 1 || got[20] != 0 {
		t.Errorf("backlog %v", got)
	}
	if h := c.Response(0, 2); h.TotalCount() != 2 {
		t.Errorf("%d times", h.TotalCount())
	}
}
