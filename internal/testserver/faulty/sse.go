package faulty

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// An sseTransport pushes an event `{"n":0,"at":UNIX_NANOSECONDS}` every Pace, with n as its id.
type sseTransport struct {
	responseTransport
	due   time.Time
	n     int // of the next event
	burst burst
}

// serveSSE pushes events, starting after the Last-Event-ID.
func (x *exchange) serveSSE() {
	x.pushEvents(x.w, func() error { return nil })
}

// pushEvents writes events to w and flushes after each.
func (x *exchange) pushEvents(w io.Writer, flush func() error) {
	response := http.NewResponseController(x.w)
	p := &sseTransport{due: time.Now(), responseTransport: responseTransport{x, w, func() error {
		if err := flush(); err != nil {
			return err
		}
		return response.Flush()
	}}}
	if id := x.r.Header.Get("Last-Event-ID"); id != "" {
		x.s.ledger.count(func(l *Ledger) { l.Resumed = append(l.Resumed, id) })
		if n, err := strconv.Atoi(id); err == nil {
			p.n = n + 1
		}
	}
	x.w.Header().Set("Content-Type", "text/event-stream")
	x.w.Header().Set("Cache-Control", "no-store")
	x.w.WriteHeader(http.StatusOK)
	if p.raw([]byte(x.s.Fault.prelude)) != nil {
		return
	}
	x.s.serveStream(&stream{c: x.c, token: x.token, first: p.n, pushes: true, transport: p}, x.requestLine())
}

// receivePost receives a posted message.
func (x *exchange) receivePost() {
	b, err := io.ReadAll(io.LimitReader(x.r.Body, maxMessage+1))
	if err != nil || len(b) > maxMessage {
		http.Error(x.w, errTooLong.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	x.s.ledger.note(Entry{Conn: x.c.id, Stream: -1, Seq: -1, Got: string(b), Did: "received"}, func(l *Ledger) { l.Received++ })
	x.w.WriteHeader(http.StatusNoContent)
}

// next returns the next event when it is due. After a pause the schedule restarts.
func (p *sseTransport) next() ([]byte, error) {
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
		return nil, io.EOF
	}
	p.n++
	return fmt.Appendf(nil, `{"n":%d,"at":%d}`, p.n-1, time.Now().UnixNano()), nil
}

func (p *sseTransport) message(n int, b []byte) error {
	how := p.x.s.Fault
	switch {
	case how.encodeEvent != nil:
		return p.raw(how.encodeEvent(n, b))
	case how.bursts:
		return p.hold(event(n, b))
	}
	return p.raw(event(n, b))
}

// close implements transport. The response ends when its handler returns.
func (p *sseTransport) close(ending) error { return nil }

// event formats an event in the usual form.
func event(n int, data []byte) []byte {
	return fmt.Appendf(nil, "id: %d\ndata: %s\n\n", n, data)
}
