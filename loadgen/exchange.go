package loadgen

import (
	"sync/atomic"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/eventloop"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// An exchange is one stream of a repetition with its sender and its receiver. In an open loop it
// is a pace.Task of a metronome, which sends. A shared event loop or its own goroutine receives.
type exchange struct {
	r        *repetition
	driver   driver.Driver
	active   atomic.Pointer[activeStream]
	call     proto.Call
	message  *proto.Message // the buffer of messages sent; streams of one thread share it
	receiver *record.Receiver
	summary  *record.Summary // of an upload, once received

	closedHere    bool // by the receiver
	endedByServer bool // the server has sent everything

	answered atomic.Uint64 // distinct messages received in an open loop
	gone     atomic.Bool   // the stream ended and is not reopened

	seq            uint64 // messages taken up, sent or not; the sender's
	waited         uint64 // steady-phase messages sent late because the peer did not accept earlier ones
	blocked        bool   // the next message waits for the peer
	stoppedSending bool   // a Send failed; nothing more is sent
	done           bool   // the closed loop has sent its last message
	// attempts is indexed by outside and steady.
	attempts [2]attempts
	seqs     record.Seqs // due in the steady phase
	// sentAt is the send time of a closed loop's outstanding message; 0: none.
	sentAt    atomic.Int64
	loopState loopState
	pushed    *pushState

	handler      handler
	loop         *eventloop.Loop // drives its streams, or nil
	opened       int64           // start of the current stream's opening; 0: there is none
	receiveStart int64           // receiving began on the first stream
	// receivedBefore is the number of messages received before the current stream. emptyStreams
	// counts consecutive streams that delivered none.
	receivedBefore uint64
	emptyStreams   int
	streamTime     streamTime
}

// activeStream is a stream with the state that ends with it.
type activeStream struct {
	stream  *driver.Stream
	script  *script.Session   // nil unless the target is custom
	guide   *guideapi.Session // nil unless the target has the guide's API
	codec   codec.Codec
	sendErr atomic.Pointer[error] // the failed Send that made us close the stream
	// sentOn reports whether anything was sent on the stream. since is the exchange's counters at
	// that time: replies owed by earlier streams are not awaited.
	sentOn atomic.Bool
	since  messageCounts
}

func newExchange(r *repetition, d driver.Driver, l *activeStream, c proto.Call, opened int64) *exchange {
	e := &exchange{r: r, driver: d, call: c, opened: opened}
	if r.job.custom() {
		e.pushed = &pushState{arrivals: &arrivals{}}
	}
	e.active.Store(l)
	return e
}

// setMessage sets the message that the stream's codec stamps.
func (l *activeStream) setMessage(m *proto.Message) {
	switch {
	case l.script != nil:
		l.script.SetMessage(m)
		l.codec = l.script
	case l.guide != nil:
		l.guide.SetMessage(m)
		l.codec = l.guide
	default:
		l.codec = codec.Stamped{Message: m}
	}
}

// closeSend runs the closing steps, if any, and ends sending.
func (l *activeStream) closeSend(r *repetition) error {
	if l.script != nil {
		return l.script.CloseSend(r.countFailedStep)
	}
	return l.stream.CloseSend()
}

// close closes the stream and ends its closing steps.
func (l *activeStream) close() error {
	if l.script != nil {
		return l.script.Close()
	}
	return l.stream.Close()
}

// stream returns the exchange's current stream. One to a custom target is replaced after it
// breaks.
func (e *exchange) stream() *driver.Stream { return e.active.Load().stream }

func (e *exchange) prepare(rec *record.Recorder, m *proto.Message) {
	e.message = m
	e.active.Load().setMessage(m)
	c := e.call
	if e.r.traffic.gaps {
		c.Profile = nil // send times are unknown
	}
	e.receiver = record.NewReceiver(rec, c)
	if e.r.traffic.senders != noSender && !e.r.traffic.gaps {
		e.receiver.Seqs = &e.sender().seqs
	}
}

var _ pace.Blocker = (*exchange)(nil)

// Blocked implements pace.Blocker. A peer that accepts nothing must not delay other streams, nor
// the loop that receives.
func (e *exchange) Blocked() bool {
	if writable := e.active.Load().stream.Writable; writable == nil || writable() {
		return false
	}
	e.blocked = true
	return true
}

// Fire implements pace.Task. It sends the message due.
func (e *exchange) Fire(due int64) bool {
	l, held := e.active.Load(), e.blocked
	e.blocked = false
	if !l.sentOn.Load() {
		l.since = e.counts()
		l.sentOn.Store(true)
	}
	sent := clock.Now()
	b, err := l.codec.Encode(proto.Header{Seq: e.seq, Intended: due, Sent: sent, Stream: uint32(e.call.Share)})
	n := &e.attempts[outside]
	if e.r.sink.Steady(due) {
		n = &e.attempts[steady]
		e.seqs.Note(e.seq)
	}
	if err == nil {
		err = l.stream.Send(b)
	}
	n.count(l.stream, err)
	e.loopState.sendFailed = err != nil
	if err != nil && !e.sendFailed(l, err, due) {
		e.stoppedSending = true
		return false
	}
	e.seq++
	if held && n == &e.attempts[steady] && !e.r.watchdog.Explains(due, sent) {
		e.waited++
	}
	return true
}

func (e *exchange) Done() { e.r.sending.Done() }

// closeStream closes the stream on behalf of the receiver.
func (e *exchange) closeStream() {
	e.closedHere = true
	_ = e.active.Load().close()
}

// sent returns the messages sent in the whole repetition.
func (e *exchange) sent() uint64 {
	return e.attempts[steady].sent.Load() + e.attempts[outside].sent.Load()
}

// rejected returns the sent messages that were answered with an error.
func (e *exchange) rejected() uint64 {
	return e.attempts[steady].rejected.Load() + e.attempts[outside].rejected.Load()
}

// messageCounts is a snapshot of an exchange's counters.
type messageCounts struct{ sent, answered, rejected uint64 }

func (e *exchange) counts() messageCounts {
	return messageCounts{e.sent(), e.answered.Load(), e.rejected()}
}
