package faulty

import (
	"errors"
	"sync"

	"google.golang.org/grpc/codes"
)

// A message is one of a stream: its place in the stream, its number (an event's goes on
// across connections, others' are the place), and what it says.
type message struct {
	seq, n int
	p      []byte
}

// A transport is one end of a stream over one protocol. next belongs to one goroutine.
type transport interface {
	// next waits for the next message to be sent: the client's, or an event.
	next() (n int, p []byte, err error)
	// message sends one message.
	message(n int, p []byte) error
	// raw sends bytes as they are: frames, parts of them, or nothing of the kind.
	raw(b []byte) error
	// close ends the stream in order.
	close(e ending) error
}

// An ending is how a stream ends: each protocol takes what it can say.
type ending struct {
	code   int        // a WebSocket's
	status codes.Code // gRPC's
	why    string
}

// errEnded is what a deed returns that has ended its stream.
var errEnded = errors.New("the stream is over")

// A stream is one stream of a client, whatever its protocol.
type stream struct {
	transport
	c      *conn
	id     int
	token  string
	pushes bool // nothing comes, the server sends by itself

	sending sync.Mutex // others may send on it too; over is under it
	ended   bool
	held    *message
	delayed sync.WaitGroup
}

// A messageFault is what is done with a message: sound, or a fault. An error ends the stream.
type messageFault func(st *stream, m message) error

// serveStream does with each message of a stream what the fault says, until it ends. got is the
// request for it.
func (s *Server) serveStream(st *stream, got string) {
	s.openStream(st, got)
	defer s.endStream(st)
	do := s.Fault.behavior.onMessage
	if do == nil {
		do = forward
	}
	for seq := 0; ; seq++ {
		n, p, err := st.next()
		if err != nil {
			st.flush()
			return
		}
		if !st.pushes {
			s.ledger.count(func(l *Ledger) { l.Received++ })
		}
		if do(st, message{seq, n, p}) != nil {
			return
		}
	}
}

func (s *Server) openStream(st *stream, got string) {
	s.mu.Lock()
	s.streams[st] = struct{}{}
	st.id = s.calls
	s.calls++
	s.mu.Unlock()
	s.ledger.note(Entry{Conn: st.c.id, Stream: st.id, Seq: -1, Got: got, Did: "opened"}, func(l *Ledger) { l.Accepted++ })
}

// endStream has nothing be sent on the stream any more: what carries it is gone.
func (s *Server) endStream(st *stream) {
	s.mu.Lock()
	delete(s.streams, st)
	s.mu.Unlock()
	st.sending.Lock()
	defer st.sending.Unlock()
	st.ended = true
}

// send sends a message, having noted it as what was done.
func (st *stream) send(m message, did string) error {
	entry := st.c.s.ledger.note(st.entry(m, did), func(l *Ledger) { l.Sent++ })
	err := st.locked(func() error { return st.message(m.n, m.p) })
	if err != nil {
		st.c.s.ledger.unsend(entry, err)
	}
	return err
}

// locked does something to the stream's carrier that others must not do meanwhile.
func (st *stream) locked(do func() error) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return errEnded
	}
	return do()
}

// fault notes that the fault was done to a message.
func (st *stream) fault(m message, did string, change func(*Ledger)) {
	st.c.s.ledger.note(st.entry(m, did), func(l *Ledger) {
		faultDone(l)
		change(l)
	})
}

// faultOnly notes that the fault was done, to no message.
func (st *stream) faultOnly() {
	st.c.s.ledger.note(Entry{Conn: st.c.id, Stream: st.id, Seq: -1, Did: st.c.s.Fault.Name}, faultDone)
}

func (st *stream) entry(m message, did string) Entry {
	e := Entry{Conn: st.c.id, Stream: st.id, Seq: m.n, Did: did}
	if !st.pushes {
		e.Got = string(m.p[:min(len(m.p), maxText)])
	}
	return e
}

// flush sends what was held back.
func (st *stream) flush() {
	if st.held != nil {
		_ = st.send(*st.held, "sent, none came after it")
		st.held = nil
	}
	st.delayed.Wait()
}
