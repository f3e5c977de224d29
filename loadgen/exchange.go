package loadgen

import (
	"errors"
	"io"
	"sync/atomic"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// An exchange is one stream of a repetition: what is sent on it and what comes
// back. In open loop it is a pace.Task of a metronome, which sends. What comes back is
// taken by a loop that drives many streams, or by a goroutine of its own.
type exchange struct {
	r        *repetition
	driver   driver.Driver
	active   atomic.Pointer[activeStream]
	call     proto.Call
	message  *proto.Message
	receiver *record.Receiver
	summary  *record.Summary // of an upload, when it has come

	closedHere    bool // here, by what received: it has had enough
	endedByServer bool // the server said that it had sent all

	answered atomic.Uint64 // messages that came back, each once; open loop
	gone     atomic.Bool   // the stream has ended and is not reopened

	seq            uint64 // messages taken up, sent or not: the sender's own
	waited         uint64 // of those of the steady phase, sent late since the peer had not taken those before
	blocked        bool   // the message that is due waits for that
	stoppedSending bool   // a Send failed and nothing more is sent
	done           bool   // the closed loop sends nothing more
	// What the sender took up in the steady phase and outside of it.
	attempts [2]attempts
	seqs     record.Seqs // of the messages due in the steady phase
	// sentAt is when a closed loop sent the message whose reply is outstanding, 0 for none.
	sentAt     atomic.Int64
	custom     *customExchange
	streamTime streamTime
}

// A activeStream is a stream, and what knows of it whether a Send would wait, or nil.
type activeStream struct {
	stream   driver.Stream
	writable driver.Writable
	sendErr  atomic.Pointer[error] // why a Send failed, before it was closed for that
	// sentOn reports whether anything was sent on the stream, and since has the exchange's
	// counts when it was: replies outstanding on the streams before are not waited for.
	sentOn atomic.Bool
	since  messageCounts
}

func newActiveStream(st driver.Stream) *activeStream {
	return &activeStream{stream: st, writable: driver.WritableOf(st)}
}

func newExchange(r *repetition, d driver.Driver, st driver.Stream, c proto.Call) *exchange {
	e := &exchange{r: r, driver: d, call: c}
	if r.job.custom() {
		e.custom = &customExchange{arrivals: &arrivals{}}
	}
	e.active.Store(newActiveStream(st))
	return e
}

// stream is the exchange's stream now: one to a server of the user's own is opened anew
// when it breaks.
func (e *exchange) stream() driver.Stream { return e.active.Load().stream }

func (e *exchange) prepare(rec *record.Recorder, m *proto.Message) {
	e.message = m
	c := e.call
	if e.r.job.timesArrivals() {
		c.Profile = nil // when what arrives was sent is not known
	}
	e.receiver = record.NewReceiver(rec, c)
	switch {
	case e.r.job.publishes():
		e.receiver.Seqs = &e.r.exchanges[0].seqs
	case e.r.job.sends(e.call.Share) && !e.r.job.timesArrivals():
		e.receiver.Seqs = &e.seqs
	}
}

// sendFirst sends what h must send before anything comes, in closed loop.
func (e *exchange) sendFirst(h proto.Handler) {
	switch h := h.(type) {
	case lockstep:
		h.next()
	case closedLoop:
		h.next()
	case upload:
		if !e.r.open() {
			e.r.sending.Go(h.sendAll)
		}
	}
}

var _ pace.Blocker = (*exchange)(nil)

// Blocked implements pace.Blocker: a peer that takes nothing must not hold up what is sent to
// others, nor the loop that takes what comes.
func (e *exchange) Blocked() bool {
	if room := e.active.Load().writable; room == nil || room.Writable() {
		return false
	}
	e.blocked = true
	return true
}

// Fire implements pace.Task: it sends the message that is due.
func (e *exchange) Fire(due int64) bool {
	l, held := e.active.Load(), e.blocked
	e.blocked = false
	if !l.sentOn.Load() {
		l.since = e.counts()
		l.sentOn.Store(true)
	}
	sent := clock.Now()
	b := e.message.Stamp(proto.Header{Seq: e.seq, Intended: due, Sent: sent, Stream: uint32(e.call.Share)})
	n := &e.attempts[outside]
	if e.r.sink.Steady(due) {
		n = &e.attempts[steady]
		e.seqs.Note(e.seq)
	}
	err := l.stream.Send(b)
	n.count(l, err)
	if err != nil && !e.handleSendError(l, err, due) {
		e.stoppedSending = true
		return false
	}
	e.seq++
	if held && n == &e.attempts[steady] && !e.r.watchdog.explains(due, sent) {
		e.waited++
	}
	return true
}

// Done implements pace.Task.
func (e *exchange) Done() { e.r.sending.Done() }

// Ended implements proto.Handler for every handler of an exchange.
func (e *exchange) Ended(err error) {
	e.noteEnd(err)
	if e.r.job.custom() {
		if err == io.EOF && e.owesReply() { //nolint:errorlint // wrapped, it says that it is in order
			err = io.ErrUnexpectedEOF
		}
		if e.handleEnd(err) {
			return
		}
	}
	defer e.r.receiving.Done()
	defer e.gone.Store(true)
	e.endedByServer = errors.Is(err, io.EOF)
	if err != nil && !e.endedByServer && !e.closedHere {
		e.r.countBroken(err)
	}
}

// closeStream closes the stream from what receives.
func (e *exchange) closeStream() {
	e.closedHere = true
	_ = e.stream().Close()
}
