package script

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/scenarios/template"
)

// A Session is a Script on one stream: its opening steps, the codec of its messages and its closing
// steps. The sender calls Encode, Forget and CloseSend, the receiver the other methods; any goroutine
// may call Close.
type Session struct {
	script     *Script
	stream     *driver.Stream
	call       proto.Call
	senders    Senders // see Place
	clockShift int64   // see Place
	wallOffset int64

	message *proto.Message  // the sender's
	sending proto.Header    // of the message being encoded
	header  func() []byte   // its text form
	values  template.Values // the sender's
	out     []byte          // the last message encoded
	lastSeq uint64          // last sequence number sent
	sentAny atomic.Bool     // anything was sent

	pauses  rand.PCG           // draws the pauses of think steps
	reply   []byte             // the message that the last opening step received
	secrets []template.Capture // captured values that must not be shown

	pending    pending
	closing    closing
	background background

	records      template.Records // of the last frame
	at           int64            // its arrival
	parser       proto.Parser
	record       []byte         // the last one decoded
	fault        string         // the failure class of the last one
	field, stamp template.Field // the receiver's
	expect, end  test
	tokenCount   template.Field
	counted      uint64 // the count in the last frame; 0: none
	ignore       []test
	opened       int64          // in nanoseconds of clock.Now
	numbered     uint64         // messages with a number
	fieldOrZero  template.Field // see Script.FieldOrZero
	assumedZero  bool           // the first message had no number and counts as message 0
	sequence     *sequence
}

// pauseSeed keeps the pauses apart from the random values in messages.
const pauseSeed = 0x7061757365

var _ codec.Codec = (*Session)(nil)

// NewSession returns the session of a stream. Of call c, it uses Pattern and Text. previous is the
// session of the same stream whose numbering of pushed messages it continues; nil if it is the first.
func (s *Script) NewSession(c proto.Call, p Place, previous *Session) *Session {
	c.Share, c.Of = p.Stream, p.Of
	t := &Session{script: s, call: c, senders: p.Senders, clockShift: p.ClockShift, sequence: &sequence{}, wallOffset: clock.WallOffset(), opened: clock.Now()}
	if previous != nil {
		t.sequence = previous.sequence
	}
	t.records.Items, t.records.End = s.Items, s.RecordEnd
	t.closing.ctx, t.closing.cancel = context.WithCancel(context.Background())
	t.values = template.Values{Stream: uint32(c.Share), Room: uint32(p.Room), Row: uint64(p.Row), Rand: rand.NewPCG(s.Seed, uint64(p.Row)), Number: uint64(c.Share) + s.FirstNumber}
	t.pauses.Seed(s.Seed+pauseSeed, uint64(p.Row))
	if s.Captured > 0 {
		t.values.Captured = make([]template.Capture, s.Captured)
	}
	t.header = func() []byte { return t.message.Stamp(t.sending.Shifted(t.clockShift)) }
	t.field, t.fieldOrZero, t.stamp = finder(s.Field), finder(s.FieldOrZero), finder(s.Stamp.Field)
	t.prepareBackground(p)
	t.tokenCount = finder(s.Count)
	t.refresh()
	return t
}

// Open runs the opening steps on st, on which the session remains. ctx bounds it. After an error, the
// caller closes the session.
func (t *Session) Open(ctx context.Context, st *driver.Stream) error {
	t.stream = st
	if t.script.Mask != nil { // a subprotocol may be a token
		st.Negotiated = string(t.script.Mask([]byte(st.Negotiated)))
	}
	if t.script.speaksInBackground() {
		share(st)
	}
	if err := t.runOpening(ctx, st); err != nil {
		return err
	}
	t.startHeartbeat()
	return nil
}

// SetMessage sets the message that Encode stamps, for {{.Header}} or if the script has no messages. It
// must be called before the first Encode.
func (t *Session) SetMessage(m *proto.Message) { t.message = m }

// Encode implements codec.Codec. It never fails.
func (t *Session) Encode(h proto.Header) ([]byte, error) {
	t.lastSeq = h.Seq
	if !t.sentAny.Load() {
		t.sentAny.Store(true)
	}
	if t.script.Match == MatchField || t.script.Match == MatchOrder {
		t.pending.put(h.Seq, h.Intended, h.Sent)
	}
	if len(t.script.Messages) == 0 {
		return t.message.Stamp(h.Shifted(t.clockShift)), nil
	}
	return t.encode(h, uint32(t.call.Share)), nil
}

// EncodeRequest returns the request numbered n among those of all streams, valid until the next one.
func (t *Session) EncodeRequest(n uint64) []byte {
	now := clock.Now()
	return t.encode(proto.Header{Seq: n / t.streams(), Intended: now, Sent: now, Stream: uint32(t.call.Share)}, uint32(n%t.streams()))
}

// encode returns the message with header h, numbered as one of a stream.
func (t *Session) encode(h proto.Header, stream uint32) []byte {
	n := h.Seq*t.streams() + uint64(stream)
	t.values.Seq, t.values.Number = h.Seq, n+t.script.FirstNumber
	t.values.Unix, t.values.Header, t.sending = h.Sent-t.wallOffset, t.header, h
	if t.script.RowPerMessage {
		t.values.Row = n
	}
	t.out = t.script.Messages[t.script.MessageAt(stream, t.call.Of, h.Seq)].Append(t.out[:0], &t.values)
	return t.out
}

// Forget forgets the last message, which could not be sent: it awaits no reply.
func (t *Session) Forget() { t.pending.take(t.lastSeq) }

// streams returns the number of streams that share the message numbers.
func (t *Session) streams() uint64 { return uint64(max(1, t.call.Of)) }
