package record

import (
	"rtbench/proto"
)

// A Recorder buffers the times of messages received by one goroutine, from one or many
// streams. It belongs to that goroutine, which must call Flush at the end.
type Recorder struct {
	sink    *Sink
	slot    int
	slotEnd int64
	flushAt int64      // flush by then, full or not
	batch   []measured // amortizes the sink's lock
	led     uint64     // see Sink.Led; not yet added
	arrived uint64     // see Sink.Arrived; not yet added
	plan    *flowPlan  // of the receivers made last
}

// maxHold is how long a busy recorder may hold a message, in nanoseconds, so that live
// metrics are current.
const maxHold = 10_000_000

// measured holds the times of one message.
type measured struct {
	intended, sent, received int64
	// before is the response time of the stream's previous message, if paired.
	before int64
	// excess bounds what a late sender added to received − sent, in units of 1,024 ns.
	excess uint32
	gap    int8 // bin of Flow.Gaps, or noGap
	paired bool
	kind   uint8 // see Sink.Split
}

const noGap = -1

// batchSize is the batch size of a single recorder.
const batchSize = 256

// NewRecorder returns a recorder for s.
func NewRecorder(s *Sink) *Recorder { return NewRecorders(s, 1)[0] }

// NewRecorders returns n recorders, one per goroutine. Many recorders have smaller
// batches.
func NewRecorders(s *Sink, n int) []*Recorder {
	size := max(batchSize/8, batchSize*64/max(n, 64))
	all := make([]*Recorder, n)
	for i := range all {
		all[i] = &Recorder{sink: s, slotEnd: s.window.From + s.slot, batch: make([]measured, 0, size)}
	}
	return all
}

// planOf returns the plan of the messages of c. The streams of one load share it.
func (r *Recorder) planOf(c proto.Call) *flowPlan {
	if p := newFlowPlan(c); r.plan == nil || !r.plan.equal(&p) {
		r.plan = &p
	}
	return r.plan
}

// Record records one message of the steady phase, received at the time received
// (nanoseconds of clock.Now).
func (r *Recorder) Record(h proto.Header, received int64) {
	m := r.next(received)
	m.intended, m.sent, m.received = h.Intended, h.Sent, received
	m.excess, m.gap, m.paired, m.kind = 0, noGap, false, 0
}

// next returns the next element of the batch for the caller to fill.
func (r *Recorder) next(received int64) *measured {
	if len(r.batch) == cap(r.batch) || received >= r.flushAt {
		r.startBatch(received)
	}
	n := len(r.batch)
	r.batch = r.batch[:n+1]
	return &r.batch[n]
}

func (r *Recorder) startBatch(received int64) {
	r.Flush()
	if received >= r.slotEnd {
		r.slot = int((received - r.sink.window.From) / r.sink.slot)
		r.slotEnd = r.sink.window.From + int64(r.slot+1)*r.sink.slot
	}
	r.flushAt = min(r.slotEnd, received+maxHold)
}

// Flush passes the batch to the sink.
func (r *Recorder) Flush() {
	if r.led > 0 {
		r.sink.led.Add(r.led)
		r.led = 0
	}
	if r.arrived > 0 {
		r.sink.arrived.Add(r.arrived)
		r.arrived = 0
	}
	if len(r.batch) > 0 {
		r.sink.add(r.slot, r.batch)
		r.batch = r.batch[:0]
	}
}
