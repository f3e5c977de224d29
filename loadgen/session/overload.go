package session

import (
	"time"

	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// overloadSlots is the number of slots of a course in the overload: times are rounded to one of them.
const overloadSlots = 200

// followOverload makes the sink record the course of a steady phase that begins with an overload.
func (g *Group) followOverload() {
	length := g.Cell.Overload.For
	if length == 0 {
		return
	}
	slot := length / overloadSlots
	planned := make([]uint64, (g.Length()+slot-1)/slot)
	for i := range g.Streams() {
		for due := range dueIn(g.plan(g.call(g.stream(i))), time.Duration(g.From-g.Origin), time.Duration(g.To-g.Origin)) {
			planned[due/slot]++
		}
	}
	g.Course = record.NewCourse(g.Window, slot*overloadSlots, slot, planned)
	g.Sink.Follow(g.Course)
}

// dueIn yields the times of a plan between two times, since the first.
func dueIn(p *pace.Plan, from, to time.Duration) func(yield func(time.Duration) bool) {
	return func(yield func(time.Duration) bool) {
		for p.SkipTo(from); ; {
			if due, more := p.Next(); !more || due >= to || !yield(due-from) {
				return
			}
		}
	}
}
