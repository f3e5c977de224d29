package record

import (
	"rtbench/proto"
)

// batchSize is how many messages a Recorder holds before it takes the sink's
// lock once for all of them.
const batchSize = 256

// A Recorder takes the times of the messages that one goroutine received. It
// belongs to that goroutine, which must Flush it at the end.
type Recorder struct {
	sink    *Sink
	slot    int
	slotEnd int64
	n       int
	batch   [batchSize]Times
}

// NewRecorder returns a recorder that fills s.
func NewRecorder(s *Sink) *Recorder {
	return &Recorder{sink: s, slotEnd: s.from + s.slot}
}

// Record takes one message, received at received (nanoseconds of clock.Now). The
// caller has made sure that it belongs to the steady phase.
func (r *Recorder) Record(h proto.Header, received int64) {
	if r.n == batchSize || received >= r.slotEnd {
		r.turn(received)
	}
	r.batch[r.n] = Times{
		Lag:      h.Sent - h.Intended,
		Service:  received - h.Sent,
		Response: received - h.Intended,
	}
	r.n++
}

func (r *Recorder) turn(received int64) {
	r.Flush()
	if received >= r.slotEnd {
		r.slot = int((received - r.sink.from) / r.sink.slot)
		r.slotEnd = r.sink.from + int64(r.slot+1)*r.sink.slot
	}
}

// Flush hands what the recorder holds to its sink.
func (r *Recorder) Flush() {
	if r.n > 0 {
		r.sink.add(r.slot, r.batch[:r.n])
		r.n = 0
	}
}
