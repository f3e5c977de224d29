package server

import (
	"errors"
	"fmt"
	"io"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/pace"
	"rtbench/proto/record"
)

// A stream is the server's end of one exchange, whatever the protocol.
type stream interface {
	proto.Conn
	// CloseSend says that no more messages follow; Recv goes on until the peer
	// ends too.
	CloseSend() error
	// Close ends the stream now and unblocks Send and Recv. Any goroutine.
	Close() error
	packer
}

// grace is how long the server waits, having sent all it had, for the peer to
// end the stream.
const grace = 2 * time.Second

// serve runs the pattern that the request asks for and returns when the stream
// has ended, in order or not. It closes the stream.
func (s *Server) serve(r request, st stream) error {
	s.stats.streams.Add(1)
	defer s.stats.streams.Add(-1)
	st = s.faulty(&countedStream{stream: st, stripe: s.stats.stripe()}, r)
	defer func() { _ = st.Close() }()
	call := r.Call
	var err error
	switch call.Pattern {
	case proto.Echo:
		err = echo(st)
	case proto.Upload:
		err = upload(st, call)
	case proto.Push:
		err = s.serveFromServer(st, func(gone <-chan struct{}) error { return s.push(st, call, gone) })
	case proto.Fanout:
		err = s.serveFromServer(st, func(gone <-chan struct{}) error { return s.hub.subscribe(st, call, gone) })
	default:
		err = fmt.Errorf("pattern %q is not served", call.Pattern)
	}
	return errors.Join(err, st.CloseSend())
}

func echo(st stream) error {
	for {
		p, err := st.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := st.Send(p); err != nil {
			return err
		}
	}
}

func upload(st stream, call proto.Call) error {
	sink := record.NewSink(call.SteadyFrom, call.SteadyTo)
	receiver := record.NewReceiver(sink, call)
	for {
		p, err := st.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		receiver.Take(p)
	}
	sum, err := record.Summarize(receiver, sink)
	if err != nil {
		return err
	}
	b, err := sum.Encode()
	if err != nil {
		return err
	}
	return st.Send(b)
}

// serveFromServer runs a pattern in which the client only listens. gone is
// closed when the client has left or the stream broke.
func (s *Server) serveFromServer(st stream, pattern func(gone <-chan struct{}) error) error {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, err := st.Recv(); err != nil {
				return
			}
		}
	}()
	err := pattern(gone)
	err = errors.Join(err, st.CloseSend())
	wait := time.NewTimer(grace)
	defer wait.Stop()
	select {
	case <-gone:
	case <-wait.C:
	case <-s.ctx.Done():
	}
	err = errors.Join(err, st.Close())
	<-gone
	return err
}

func (s *Server) push(st stream, call proto.Call, gone <-chan struct{}) error {
	p := &pusher{st: st, stream: uint32(call.Share), message: proto.NewMessage(call.Size, call.Text), done: make(chan struct{})}
	if len(call.Profile) == 0 {
		return p.flood()
	}
	m := s.metronome(call)
	m.Add(call.Origin, pace.NewPlan(call.Profile, call.Arrivals, call.Seed, call.Share, call.Of), p)
	select {
	case <-p.done:
	case <-gone:
		m.Remove(p)
		<-p.done
	case <-s.ctx.Done():
		// A Send that waits for its peer would keep the metronome from ending.
		_ = st.Close()
		m.Remove(p)
		<-p.done
	}
	return nil
}

// A pusher is the pace.Task of one pushed stream.
type pusher struct {
	st      stream
	message *proto.Message
	stream  uint32
	seq     uint64
	done    chan struct{}
}

// Fire implements pace.Task.
func (p *pusher) Fire(due int64) bool {
	b := p.message.Stamp(proto.Header{Seq: p.seq, Intended: due, Sent: clock.Now(), Stream: p.stream})
	p.seq++
	return p.st.Send(b) == nil
}

// Done implements pace.Task.
func (p *pusher) Done() { close(p.done) }

// flood sends as fast as the stream takes the messages; each is due when it is
// sent. It ends when the client has had enough.
func (p *pusher) flood() error {
	for p.Fire(clock.Now()) {
	}
	return nil
}
