package record

import (
	"rtbench/proto"
)

// A Recorder takes the times of the messages that one goroutine received, of one
// stream or of many. It belongs to that goroutine, which must Flush it at the end.
type Recorder struct {
	sink    *Sink
	slot    int
	slotEnd int64
	flushAt int64      // when the batch is given up, full or not
	batch   []measured // held until the sink's lock is taken once for all of them
}

// maxHold is the longest that a recorder to which messages come keeps one from its sink, in
// nanoseconds: who looks at a run that goes on sees what came, and not full batches.
const maxHold = 10_000_000

// measured is what a message leaves.
type measured struct {
	intended, sent, received int64
	// before is the response time of the stream's message before; without one, gap
	// and paired say so.
	before int64
	gap    int8 // the bin of Flow.Gaps, or noGap
	paired bool
}

const noGap = -1

// batchSize is how many messages a recorder of its own holds.
const batchSize = 256

// NewRecorder returns a recorder that fills s.
func NewRecorder(s *Sink) *Recorder { return newRecorder(s, batchSize) }

// NewRecorders returns a recorder for each of n goroutines. Where they are many each
// holds less.
func NewRecorders(s *Sink, n int) []*Recorder {
	size := max(batchSize/8, batchSize*64/max(n, 64))
	all := make([]*Recorder, n)
	for i := range all {
		all[i] = newRecorder(s, size)
	}
	return all
}

func newRecorder(s *Sink, size int) *Recorder {
	return &Recorder{sink: s, slotEnd: s.from + s.slot, batch: make([]measured, 0, size)}
}

// Record takes one message, received at received (nanoseconds of clock.Now). The
// caller has made sure that it belongs to the steady phase.
func (r *Recorder) Record(h proto.Header, received int64) {
	m := r.next(received)
	m.intended, m.sent, m.received = h.Intended, h.Sent, received
	m.gap, m.paired = noGap, false
}

// next returns the place of the next message in the batch, all of it to be filled in.
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
		r.slot = int((received - r.sink.from) / r.sink.slot)
		r.slotEnd = r.sink.from + int64(r.slot+1)*r.sink.slot
	}
	r.flushAt = min(r.slotEnd, received+maxHold)
}

// Flush hands what the recorder holds to its sink.
func (r *Recorder) Flush() {
	if len(r.batch) > 0 {
		r.sink.add(r.slot, r.batch)
		r.batch = r.batch[:0]
	}
}
