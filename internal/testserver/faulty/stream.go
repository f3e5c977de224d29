package faulty

import (
	"errors"
	"sync"

	"google.golang.org/grpc/codes"
)

// A message is one message of a stream: seq is its position in the stream, n its number and p
// its content. Events are numbered across connections; other messages have n = seq.
type message struct {
	seq, n int
	p      []byte
}

// A transport is the server's end of a stream over one protocol. Only one goroutine may call
// next.
type transport interface {
	// next waits for the next message to send: an echo of the client's, or an event.
	next() ([]byte, error)
	// message sends message n.
	message(n int, p []byte) error
	// raw sends bytes as they are, whether or not they form frames.
	raw(b []byte) error
	// close ends the stream cleanly.
	close(e ending) error
}

// An ending says how a stream ends, for each protocol.
type ending struct {
	code   int        // WebSocket close code
	status codes.Code // gRPC status
	why    string
}

// errEnded is returned by handlers that have ended their stream.
var errEnded = errors.New("the stream has ended")

// A stream is an open stream of a client over any protocol.
type stream struct {
	transport
	c      *conn
	id     int
	token  string
	first  int  // the number of its first message
	pushes bool // the server sends without receiving

	sending sync.Mutex // guards ended; other goroutines may send
	ended   bool
	held    *message
	delayed sync.WaitGroup
}

// A messageFault handles one message, with or without a fault. An error ends the stream.
type messageFault func(st *stream, m message) error

// serveStream applies the fault's handler to each message until the stream ends. got is the
// request line.
func (s *Server) serveStream(st *stream, got string) {
	s.openStream(st, got)
	defer s.endStream(st)
	do := s.Fault.onMessage
	if do == nil {
		do = forward
	}
	for seq := 0; ; seq++ {
		p, err := st.next()
		if err != nil {
			st.flush()
			return
		}
		if !st.pushes {
			s.ledger.count(func(l *Ledger) { l.Received++ })
		}
		if do(st, message{seq, st.first + seq, p}) != nil {
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

// endStream prevents further sends on the stream.
func (s *Server) endStream(st *stream) {
	s.mu.Lock()
	delete(s.streams, st)
	s.mu.Unlock()
	st.sending.Lock()
	defer st.sending.Unlock()
	st.ended = true
}

// send records a message as sent and sends it.
func (st *stream) send(m message, did string) error {
	entry := st.c.s.ledger.note(st.entry(m, did), func(l *Ledger) { l.Sent++ })
	err := st.locked(func() error { return st.message(m.n, m.p) })
	if err != nil {
		st.c.s.ledger.unsend(entry, err)
	}
	return err
}

// locked calls do with exclusive use of the transport.
func (st *stream) locked(do func() error) error {
	st.sending.Lock()
	defer st.sending.Unlock()
	if st.ended {
		return errEnded
	}
	return do()
}

// fault records that the fault was injected into a message.
func (st *stream) fault(m message, did string, change func(*Ledger)) {
	st.c.s.ledger.note(st.entry(m, did), func(l *Ledger) {
		faultDone(l)
		change(l)
	})
}

// faultOnly records that the fault was injected, without a message.
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

// flush sends messages that were held back.
func (st *stream) flush() {
	if st.held != nil {
		_ = st.send(*st.held, "sent without a successor")
		st.held = nil
	}
	st.delayed.Wait()
}
