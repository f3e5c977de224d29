package server

import (
	"runtime"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/codec"
	"rtbench/proto/pace"
)

// A pusher sends messages by a plan, as a pace.Task, or as fast as the stream allows.
type pusher struct {
	passive
	st       stream
	call     *proto.Call     // nil once it has started
	share    uint32          // of the call
	pacer    *pace.Metronome // nil without a plan
	server   *Server
	codec    codec.Codec
	seq      uint64
	gone     chan struct{} // closed when the client leaves
	finished chan struct{}
}

// floodTurn is the number of messages that a stream without a plan sends before it yields
// to the others and to requests for stats; Go would let it run for 10 ms. A value of 64
// halved the rate, since it woke the client every few messages.
const floodTurn = 512

func newPusher(s *Server, c proto.Call, st stream) pattern {
	p := &pusher{
		st: st, call: &c, share: uint32(c.Share), server: s, codec: codec.New(st.kind(), c.Native, proto.NewMessage(c.Size, c.Text)),
		gone: make(chan struct{}), finished: make(chan struct{}),
	}
	if len(c.Profile) > 0 {
		p.pacer = s.metronome(c)
	}
	return p
}

func (p *pusher) start() {
	call := p.call
	p.call = nil // thousands of idle streams would keep it
	if p.pacer != nil {
		var plan *pace.Plan
		plan, p.seq = call.Rest()
		p.pacer.Add(call.Origin, plan, p)
		return
	}
	p.server.workers.Go(func() {
		for p.Fire(clock.Now()) { // due when sent
			if p.seq%floodTurn == 0 {
				runtime.Gosched()
			}
		}
		p.finish()
	})
}

func (p *pusher) Ended(error) {
	close(p.gone)
	if p.pacer != nil {
		p.pacer.Drop(p)
	}
}

func (p *pusher) wait() { <-p.finished }

func (p *pusher) Fire(due int64) bool {
	b, err := p.codec.Encode(proto.Header{Seq: p.seq, Intended: due, Sent: clock.Now(), Stream: p.share})
	p.seq++
	return err == nil && p.st.Send(b) == nil
}

func (p *pusher) Done() { p.server.workers.Go(p.finish) }

func (p *pusher) finish() {
	drain(p.st, p.gone)
	close(p.finished)
}
