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
	"rtbench/proto/codec"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// uploads holds the runs that upload.
type uploads struct {
	mu   sync.Mutex
	runs map[uploadKey]*uploadRun
}

// An uploadKey identifies the streams of one generator's run.
type uploadKey struct {
	window pace.Window
	topic  string
}

// An uploadRun holds the measurements of a run's streams together: separate histograms
// would take 1 MB per stream. Each stream that ends reports the measurements since the
// last report, so that each is reported once.
type uploadRun struct {
	sink    *record.Sink
	shards  []uploadShard
	streams int // guarded by uploads.mu
	begun   int // guarded by uploads.mu
}

type uploadShard struct {
	mu       sync.Mutex
	recorder *record.Recorder
	_        [64]byte // keeps shards on separate cache lines
}

func (u *uploads) join(key uploadKey) (*uploadRun, *uploadShard) {
	u.mu.Lock()
	defer u.mu.Unlock()
	run := u.runs[key]
	if run == nil {
		run = &uploadRun{sink: record.NewSink(key.window), shards: make([]uploadShard, 2*runtime.GOMAXPROCS(0))}
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

// maxSlots bounds an upload's timeline, which has a slot for each interval since the
// steady phase began. Later messages are ignored.
const maxSlots = 100_000

// maxPhaseDistance is how far from now a phase may be; larger values would overflow.
const maxPhaseDistance = int64(366 * 24 * time.Hour)

// checkPhase refuses an upload whose steady phase does not fit this server's clock: it
// could not be measured, and its timeline would span the difference.
func checkPhase(c proto.Call, now int64) error {
	if !c.Pattern.Traffic().Summary || c.SteadyFrom >= c.SteadyTo {
		return nil // nothing is measured
	}
	if c.SteadyFrom < now-maxPhaseDistance || c.SteadyTo > now+maxPhaseDistance || timelineEnd(c) <= now {
		return fmt.Errorf("call: steady phase %d to %d is too far from the server's time %d", c.SteadyFrom, c.SteadyTo, now)
	}
	return nil
}

// timelineEnd returns the end of the timeline of a call that checkPhase has accepted.
func timelineEnd(c proto.Call) int64 {
	if c.SteadyFrom >= c.SteadyTo {
		return math.MaxInt64 // there is none
	}
	slot := int64(record.SlotLength(c.Window()))
	return max(c.SteadyTo, c.SteadyFrom+maxSlots*slot)
}

// upload is the pattern that measures received messages and replies with one summary.
type upload struct {
	passive
	uploads  *uploads
	key      uploadKey
	call     proto.Call
	until    int64 // ignore later messages
	st       stream
	run      *uploadRun
	shard    *uploadShard
	receiver *record.Receiver
	codec    codec.Codec
}

func newUpload(s *Server, c proto.Call, st stream) pattern {
	return &upload{uploads: &s.uploads, key: uploadKey{c.Window(), c.Topic}, call: c, until: timelineEnd(c), st: st}
}

func (u *upload) start() {
	u.run, u.shard = u.uploads.join(u.key)
	u.shard.mu.Lock()
	u.receiver = record.NewReceiver(u.shard.recorder, u.call)
	u.shard.mu.Unlock()
	u.codec = codec.New(u.st.kind(), u.call.Native, proto.NewMessage(0, u.call.Text))
}

func (u *upload) Message(p []byte, at int64) {
	if at >= u.until {
		return
	}
	u.shard.mu.Lock()
	defer u.shard.mu.Unlock()
	h, o, _ := u.codec.Decode(p, at)
	u.receiver.Note(h, o, at)
}

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
	sum, err := u.run.sink.Summarize(u.receiver.Sequence.Ledger())
	if err != nil {
		return err
	}
	b, err := sum.Encode()
	if err != nil {
		return fmt.Errorf("encoding the summary: %w", err)
	}
	return u.st.Send(b)
}
