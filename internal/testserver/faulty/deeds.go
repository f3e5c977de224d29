package faulty

import (
	"bytes"
	"fmt"
	"time"
)

// What is done with messages, whatever the protocol.

// pass sends a message as it came.
func pass(st *stream, m message) error { return st.send(m, "sent") }

// each does a deed with each tenth message.
func each(do deed) deed {
	return func(st *stream, m message) error {
		if (m.seq+1)%Every == 0 {
			return do(st, m)
		}
		return pass(st, m)
	}
}

// after does something once, when the first N messages have been sent.
func after(do func(*stream) error) deed {
	return func(st *stream, m message) error {
		if err := pass(st, m); err != nil || m.seq+1 != N {
			return err
		}
		st.faultOnly()
		return do(st)
	}
}

func lose(st *stream, m message) error {
	st.fault(m, "dropped", func(l *Ledger) { l.Dropped++ })
	return nil
}

func duplicate(st *stream, m message) error {
	if err := st.send(m, "sent"); err != nil {
		return err
	}
	st.c.s.ledger.count(func(l *Ledger) { l.Duplicated++; l.FaultsDone++ })
	return st.send(m, "sent again")
}

// swap sends each tenth message after the one that follows it.
func swap(st *stream, m message) error {
	if first := st.held; first != nil {
		st.held = nil
		if err := st.send(m, "sent before the one it followed"); err != nil {
			return err
		}
		st.c.s.ledger.count(func(l *Ledger) { l.Swapped++; l.FaultsDone++ })
		return st.send(*first, "sent after the one that followed it")
	}
	if (m.seq+1)%Every == 0 {
		m.p = append([]byte(nil), m.p...)
		st.held = &m
		return nil
	}
	return pass(st, m)
}

// corrupt changes one byte.
func corrupt(st *stream, m message) error {
	m.p = m.corrupted()
	st.c.s.ledger.count(func(l *Ledger) { l.Corrupted++; l.FaultsDone++ })
	return st.send(m, "sent with a byte changed")
}

// corrupted is the message with one byte changed from the middle on: a letter or digit, so
// that text stays text and JSON stays JSON; where there is none, the middle.
func (m message) corrupted() []byte {
	p := append([]byte(nil), m.p...)
	if len(p) == 0 {
		return p
	}
	at := len(p) / 2
	if i := bytes.IndexAny(p[at:], "0123456789bcdefghijklmnopqrstuvwxyBCDEFGHIJKLMNOPQRSTUVWXY"); i >= 0 {
		at += i
	}
	p[at] ^= 1
	return p
}

// busy sends an error in place of the reply.
func busy(st *stream, m message) error {
	m.p = []byte(`{"error":"busy"}`)
	st.c.s.ledger.count(faultDone)
	return st.send(m, "sent an error")
}

// chat sends a message before the reply that nobody asked for.
func chat(st *stream, m message) error {
	st.c.s.ledger.count(faultDone)
	own := message{seq: m.seq, n: m.n, p: fmt.Appendf(nil, `{"notice":%d}`, m.seq)}
	if err := st.send(own, "sent unasked"); err != nil {
		return err
	}
	return pass(st, m)
}

// broadcast sends each message to all streams, its own first.
func broadcast(st *stream, m message) error {
	err := pass(st, m)
	s := st.c.s
	s.mu.Lock()
	others := make([]*stream, 0, len(s.streams))
	for other := range s.streams {
		if other != st {
			others = append(others, other)
		}
	}
	s.mu.Unlock()
	for _, other := range others {
		if other.send(m, "sent, another's") == nil {
			s.ledger.count(faultDone)
		}
	}
	return err
}

// late holds one message back while others pass it.
func late(st *stream, m message) error {
	s := st.c.s
	if m.seq != N/2 || !s.begin() {
		return pass(st, m)
	}
	m.p = append([]byte(nil), m.p...)
	s.ledger.count(faultDone)
	st.late.Add(1)
	go func() {
		defer s.running.Done()
		defer st.late.Done()
		if s.sleep(Late) {
			_ = st.send(m, "sent late")
		}
	}()
	return nil
}

// stalls does nothing for a time, once.
func stalls(d time.Duration) func(*stream) error {
	return func(st *stream) error {
		if !st.c.s.sleep(d) {
			return errOver
		}
		return nil
	}
}

// cuts closes the connection with nothing said.
func cuts(st *stream) error {
	st.c.s.sleep(settle)
	_ = st.c.CloseWrite()
	return errOver
}

// settle is how long what was sent may take to leave the buffers of HTTP/2 and of the kernel,
// which say that it is sent when they have it.
const settle = 50 * time.Millisecond

// resetsConn resets the connection. A client that writes may learn of it by that, and then
// read an end.
func resetsConn(st *stream) error {
	st.c.s.sleep(settle)
	st.c.reset()
	return errOver
}

// ends ends the stream in order.
func ends(e ending) func(*stream) error {
	return func(st *stream) error {
		_ = st.locked(func() error { return st.close(e) })
		return errOver
	}
}

// writes sends bytes as they are and then does something else; nil: goes on.
func writes(b func() []byte, then func(*stream) error) func(*stream) error {
	return func(st *stream) error {
		if err := st.locked(func() error { return st.raw(b()) }); err != nil || then == nil {
			return err
		}
		return then(st)
	}
}

// text is bytes that stay the same.
func text(s string) func() []byte { return func() []byte { return []byte(s) } }

// waits does nothing more, while the client may say what it likes.
func waits(st *stream) error {
	for {
		if _, _, err := st.next(); err != nil {
			return err
		}
	}
}
