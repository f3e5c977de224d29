package server

import (
	"runtime"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
)

// A pusher sends messages by a plan, as a pace.Task, or as fast as the stream takes
// them.
type pusher struct {
	st       stream
	call     proto.Call
	pacer    *pace.Metronome // nil: no plan
	server   *Server
	message  *proto.Message
	seq      uint64
	gone     chan struct{} // the client has left
	finished chan struct{}
}

// floodTurn is how many messages of one stream go out as fast as they can before the
// others have a turn, and who asks for the stats: by itself a goroutine would go on
// for 10 ms. With 64 it cost half of the rate, since the client was woken for each few.
const floodTurn = 512

func newPusher(s *Server, c proto.Call, st stream) *pusher {
	p := &pusher{
		st: st, call: c, server: s, message: proto.NewMessage(c.Size, c.Text),
		gone: make(chan struct{}), finished: make(chan struct{}),
	}
	if len(c.Profile) > 0 {
		p.pacer = s.metronome(c)
	}
	return p
}

func (p *pusher) begin() {
	if p.pacer != nil {
		p.pacer.Add(p.call.Origin, pace.NewPlan(p.call.Profile, p.call.Arrivals, p.call.Seed, p.call.Share, p.call.Of), p)
		return
	}
	p.server.workers.Go(func() {
		for p.Fire(clock.Now()) { // each is due when it is sent, until the client has had enough
			if p.seq%floodTurn == 0 {
				runtime.Gosched()
			}
		}
		p.finish()
	})
}

// Message implements proto.Handler: there is nothing to say to a server that pushes.
func (p *pusher) Message([]byte, int64) {}

// Ended implements proto.Handler.
func (p *pusher) Ended(error) {
	close(p.gone)
	if p.pacer != nil {
		p.pacer.Drop(p)
	}
}

func (p *pusher) wait() { <-p.finished }

// Fire implements pace.Task.
func (p *pusher) Fire(due int64) bool {
	b := p.message.Stamp(proto.Header{Seq: p.seq, Intended: due, Sent: clock.Now(), Stream: uint32(p.call.Share)})
	p.seq++
	return p.st.Send(b) == nil
}

// Done implements pace.Task.
func (p *pusher) Done() { p.server.workers.Go(p.finish) }

func (p *pusher) finish() {
	defer close(p.finished)
	finish(p.st, p.gone)
}
