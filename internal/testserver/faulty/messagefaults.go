package faulty

import (
	"bytes"
	"fmt"
)

// Faults of messages on streams that stay open.
var messageFaults = []row{
	{name: "loses every tenth", over: classes{allProtocols: ""}, onMessage: everyTenth(drop)},
	{name: "sends every tenth twice", over: classes{allProtocols: ""}, onMessage: everyTenth(duplicate)},
	{name: "swaps every tenth with the next", over: classes{allProtocols: ""}, onMessage: swap},
	{name: "changes a byte of every tenth", over: classes{allProtocols: ""}, onMessage: everyTenth(corrupt)},
	{name: "sends all twice", over: classes{allProtocols: ""}, onMessage: duplicate},
	{name: "sends one late", over: classes{allProtocols: ""}, onMessage: delay},
	{name: "stalls mid-stream", over: classes{allProtocols: ""}, onMessage: afterN(stall)},
	{name: "answers every tenth with an error", over: classes{echoing: ""}, onMessage: everyTenth(replyError)},
	{name: "sends a notice before every tenth", over: classes{echoing: ""}, onMessage: everyTenth(sendNotice)},
	{name: "broadcasts to all streams", over: classes{echoing: ""}, onMessage: broadcast},
}

// Message handlers for all protocols.

// forward sends a message unchanged.
func forward(st *stream, m message) error { return st.send(m, "sent") }

// everyTenth applies do to every tenth message and forwards the others.
func everyTenth(do messageFault) messageFault {
	return func(st *stream, m message) error {
		if (m.seq+1)%Every == 0 {
			return do(st, m)
		}
		return forward(st, m)
	}
}

func drop(st *stream, m message) error {
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

// swap sends every tenth message after its successor.
func swap(st *stream, m message) error {
	if first := st.held; first != nil {
		st.held = nil
		if err := st.send(m, "sent before its predecessor"); err != nil {
			return err
		}
		st.c.s.ledger.count(func(l *Ledger) { l.Swapped++; l.FaultsDone++ })
		return st.send(*first, "sent after its successor")
	}
	if (m.seq+1)%Every == 0 {
		m.p = append([]byte(nil), m.p...)
		st.held = &m
		return nil
	}
	return forward(st, m)
}

// corrupt changes one byte.
func corrupt(st *stream, m message) error {
	m.p = m.corrupted()
	st.c.s.ledger.count(func(l *Ledger) { l.Corrupted++; l.FaultsDone++ })
	return st.send(m, "sent with a byte changed")
}

// corrupted returns the message with one byte changed. It prefers a letter or digit in the
// second half, which keeps text valid text and JSON valid JSON.
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

// replyError sends an error instead of the reply.
func replyError(st *stream, m message) error {
	m.p = []byte(`{"error":"busy"}`)
	st.c.s.ledger.count(faultDone)
	return st.send(m, "sent an error")
}

// sendNotice sends an unsolicited message before the reply.
func sendNotice(st *stream, m message) error {
	st.c.s.ledger.count(faultDone)
	notice := message{seq: m.seq, n: m.n, p: fmt.Appendf(nil, `{"notice":%d}`, m.seq)}
	if err := st.send(notice, "sent unsolicited"); err != nil {
		return err
	}
	return forward(st, m)
}

// broadcast sends each message to all streams, starting with its own.
func broadcast(st *stream, m message) error {
	err := forward(st, m)
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
		if other.send(m, "sent as a copy") == nil {
			s.ledger.count(faultDone)
		}
	}
	return err
}

// delay holds one message back while others pass it.
func delay(st *stream, m message) error {
	s := st.c.s
	if m.seq != N/2 || !s.startTask() {
		return forward(st, m)
	}
	m.p = append([]byte(nil), m.p...)
	s.ledger.count(faultDone)
	st.delayed.Add(1)
	go func() {
		defer s.running.Done()
		defer st.delayed.Done()
		if s.sleep(Delay) {
			_ = st.send(m, "sent late")
		}
	}()
	return nil
}
