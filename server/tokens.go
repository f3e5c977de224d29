package server

import (
	"sync/atomic"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
)

// answers answers requests with tokens: the call itself if it is direct, else each message. It is a
// pace.Task for the tokens of one answer.
type answers struct {
	st       stream
	call     proto.Call
	server   *Server
	pacer    *pace.Metronome
	codec    codec.Codec
	seq      uint64
	busy     atomic.Bool   // an answer is being sent
	gone     chan struct{} // closed when the client leaves
	finished chan struct{} // closed once a direct answer is sent
}

func newAnswers(s *Server, c proto.Call, st stream) pattern {
	return &answers{
		st: st, call: c, server: s, pacer: s.metronome(c), codec: codec.New(st.kind(), c.Native, proto.NewMessage(c.Size, c.Text)),
		gone: make(chan struct{}), finished: make(chan struct{}),
	}
}

func (a *answers) start() {
	if a.call.Direct {
		a.begin(clock.Now())
	}
}

// Message implements proto.Handler. A request during an answer ends the stream.
func (a *answers) Message(_ []byte, at int64) {
	if a.call.Direct || a.busy.Load() {
		_ = a.st.Close()
		return
	}
	a.begin(at)
}

// begin starts the answer to a request that arrived at the time at.
func (a *answers) begin(at int64) {
	a.seq = 0
	a.busy.Store(true)
	a.pacer.Add(at+a.call.First, a.call.AnswerPlan(), a)
}

func (a *answers) Ended(error) {
	close(a.gone)
	a.pacer.Drop(a)
}

func (a *answers) wait() {
	if a.call.Direct {
		<-a.finished
	}
}

// Fire implements pace.Task.
func (a *answers) Fire(due int64) bool {
	b, err := a.codec.Encode(proto.Header{Seq: a.seq, Intended: due, Sent: clock.Now(), Stream: uint32(a.call.Share)})
	a.seq++
	return err == nil && a.st.Send(b) == nil
}

// Done implements pace.Task. The answer has ended, or the client has left.
func (a *answers) Done() {
	if a.call.Direct {
		a.server.workers.Go(func() {
			drain(a.st, a.gone)
			close(a.finished)
		})
		return
	}
	b, err := a.codec.Encode(proto.Header{Seq: uint64(a.call.Tokens), Intended: proto.NotMeasured, Sent: clock.Now(), Stream: uint32(a.call.Share)})
	a.busy.Store(false) // before the client can send the next request
	if err == nil {
		_ = a.st.Send(b)
	}
}
