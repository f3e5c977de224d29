package server

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/record"
)

// uploads are the runs whose clients upload. The zero value is ready to use.
type uploads struct {
	mu   sync.Mutex
	runs map[uploadKey]*uploadRun
}

// An uploadKey is what the streams of one run, and no others, have in common.
type uploadKey struct{ origin, from, to int64 }

// An uploadRun is what the streams of a run measure, together: histograms for each
// stream would be a MB for each. Whichever stream ends is told what was measured since
// one last did, so that all of it is told once.
type uploadRun struct {
	sink    *record.Sink
	shards  []uploadShard
	streams int // under uploads.mu
	begun   int // under uploads.mu
}

type uploadShard struct {
	mu       sync.Mutex
	recorder *record.Recorder
	_        [64]byte // streams on other cores use the shards beside
}

func (u *uploads) join(key uploadKey) (*uploadRun, *uploadShard) {
	u.mu.Lock()
	defer u.mu.Unlock()
	run := u.runs[key]
	if run == nil {
		if u.runs == nil {
			u.runs = map[uploadKey]*uploadRun{}
		}
		run = &uploadRun{sink: record.NewSink(key.from, key.to), shards: make([]uploadShard, 2*runtime.GOMAXPROCS(0))}
		for i := range run.shards {
			run.shards[i].recorder = record.NewRecorder(run.sink)
		}
		u.runs[key] = run
	}
	run.streams++
	run.begun++
	return run, &run.shards[run.begun%len(run.shards)]
}

func (u *uploads) leave(key uploadKey, run *uploadRun) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if run.streams--; run.streams == 0 {
		delete(u.runs, key)
	}
}

// maxSlots bounds the timeline of what is measured, which has a place for each slot
// since the steady phase began: what comes after so many is no upload's any more.
const maxSlots = 100_000

// maxPhaseDistance is how far from now a phase may be. What is beyond overflows.
const maxPhaseDistance = int64(366 * 24 * time.Hour)

// checkPhase refuses an upload whose steady phase is not of this server's time: it
// could not be measured, and its timeline would be as long as the time between.
func checkPhase(c proto.Call, now int64) error {
	if c.Pattern != proto.Upload || c.SteadyFrom >= c.SteadyTo {
		return nil // nothing is measured
	}
	if c.SteadyFrom < now-maxPhaseDistance || c.SteadyTo > now+maxPhaseDistance || timelineEnd(c) <= now {
		return fmt.Errorf("call: the steady phase is from %d to %d, far from now, which is %d by this server's clock", c.SteadyFrom, c.SteadyTo, now)
	}
	return nil
}

// timelineEnd is when the timeline of a call's phase ends, which checkPhase has passed.
func timelineEnd(c proto.Call) int64 {
	if c.SteadyFrom >= c.SteadyTo {
		return math.MaxInt64 // there is none
	}
	slot := int64(record.SlotLength(time.Duration(c.SteadyTo - c.SteadyFrom)))
	return max(c.SteadyTo, c.SteadyFrom+maxSlots*slot)
}

// upload is the pattern that measures what comes and answers with one summary.
type upload struct {
	passive
	uploads  *uploads
	key      uploadKey
	call     proto.Call
	until    int64 // what comes later is not taken
	st       stream
	run      *uploadRun
	shard    *uploadShard
	receiver *record.Receiver
}

func newUpload(u *uploads, c proto.Call, st stream) *upload {
	return &upload{uploads: u, key: uploadKey{c.Origin, c.SteadyFrom, c.SteadyTo}, call: c, until: timelineEnd(c), st: st}
}

func (u *upload) begin() {
	u.run, u.shard = u.uploads.join(u.key)
	u.receiver = record.NewReceiver(u.shard.recorder, u.call)
}

// Message implements proto.Handler.
func (u *upload) Message(p []byte, at int64) {
	if at >= u.until {
		return
	}
	u.shard.mu.Lock()
	defer u.shard.mu.Unlock()
	u.receiver.Take(p, at)
}

// Ended implements proto.Handler.
func (u *upload) Ended(err error) {
	defer u.uploads.leave(u.key, u.run)
	if errors.Is(err, io.EOF) {
		err = u.answer()
	}
	if err != nil {
		_ = u.st.Close()
	}
}

func (u *upload) answer() error {
	for i := range u.run.shards {
		s := &u.run.shards[i]
		s.mu.Lock()
		s.recorder.Flush()
		s.mu.Unlock()
	}
	sum, err := u.run.sink.Summarize(u.receiver.Ledger)
	if err != nil {
		return err
	}
	b, err := sum.Encode()
	if err != nil {
		return fmt.Errorf("encoding the summary: %w", err)
	}
	return u.st.Send(b)
}
