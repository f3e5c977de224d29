package faulty

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// pusher is a stream of events: `{"n":0,"at":UNIX_NANOSECONDS}` each Pace, with n as its id.
type pusher struct {
	x     *exchange
	w     io.Writer
	flush func() error
	due   time.Time
	n     int // of the next event
	burst burst
}

// events serves events from the one after the Last-Event-ID asked for.
func (x *exchange) events() {
	x.pushEvents(x.w, func() error { return nil })
}

// pushEvents writes events to w, and then has what was written flushed.
func (x *exchange) pushEvents(w io.Writer, flush func() error) {
	response := http.NewResponseController(x.w)
	p := &pusher{x: x, w: w, due: time.Now(), flush: func() error {
		if err := flush(); err != nil {
			return err
		}
		return response.Flush()
	}}
	if id := x.r.Header.Get("Last-Event-ID"); id != "" {
		x.s.ledger.count(func(l *Ledger) { l.Resumed = append(l.Resumed, id) })
		if n, err := strconv.Atoi(id); err == nil {
			p.n = n + 1
		}
	}
	x.w.Header().Set("Content-Type", "text/event-stream")
	x.w.Header().Set("Cache-Control", "no-store")
	x.w.WriteHeader(http.StatusOK)
	if p.raw([]byte(x.s.Fault.how.prelude)) != nil {
		return
	}
	x.s.talk(&stream{c: x.c, token: x.token, pushes: true, carrier: p}, x.got())
}

// take takes a message that is posted.
func (x *exchange) take() {
	b, err := io.ReadAll(io.LimitReader(x.r.Body, mostMessage+1))
	if err != nil || len(b) > mostMessage {
		http.Error(x.w, errLong.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	x.s.ledger.note(Entry{Conn: x.c.id, Stream: -1, Seq: -1, Got: string(b), Did: "taken"}, func(l *Ledger) { l.Received++ })
	x.w.WriteHeader(http.StatusNoContent)
}

// next makes the next event when it is due. After a pause the schedule begins anew.
func (p *pusher) next() (int, []byte, error) {
	p.due = p.due.Add(Pace)
	left := time.Until(p.due)
	if left < -10*Pace {
		p.due = time.Now()
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.x.r.Context().Done():
		return 0, nil, io.EOF
	}
	p.n++
	return p.n - 1, fmt.Appendf(nil, `{"n":%d,"at":%d}`, p.n-1, time.Now().UnixNano()), nil
}

func (p *pusher) message(n int, b []byte) error {
	how := p.x.s.Fault.how
	switch {
	case how.event != nil:
		return p.raw(how.event(n, b))
	case how.bursts:
		return p.hold(event(n, b))
	}
	return p.raw(event(n, b))
}

func (p *pusher) raw(b []byte) error {
	if _, err := p.w.Write(b); err != nil {
		return err
	}
	return p.flush()
}

// close implements carrier: the response ends when its handler returns.
func (p *pusher) close(ending) error { return nil }

// event is an event in the usual form.
func event(n int, data []byte) []byte {
	return fmt.Appendf(nil, "id: %d\ndata: %s\n\n", n, data)
}
