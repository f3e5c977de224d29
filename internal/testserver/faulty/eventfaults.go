package faulty

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What is wrong, or odd, with events (HTML, section 9.2).

// burst holds events back as a proxy does that buffers.
type burst struct {
	held  []byte
	since time.Time
}

// hold sends events together once the first has waited for Burst.
func (p *pusher) hold(b []byte) error {
	if len(p.burst.held) == 0 {
		p.burst.since = time.Now()
	}
	p.burst.held = append(p.burst.held, b...)
	if time.Since(p.burst.since) < Burst {
		return nil
	}
	p.x.s.ledger.count(faultDone)
	b, p.burst.held = p.burst.held, nil
	return p.raw(b)
}

// odd is an event in the forms that the standard allows, by turns.
func odd(n int, data []byte) []byte {
	half := len(data) / 2
	switch n % 5 {
	case 0:
		return fmt.Appendf(nil, "id:%d\rdata:%s\r\r", n, data)
	case 1:
		return fmt.Appendf(nil, ": a comment\r\nid: %d\r\nevent: message\r\ndata: %s\r\n\r\n", n, data)
	case 2:
		return fmt.Appendf(nil, "unknown: field\nnocolon\nretry: soon\ndata: %s\nid: %d\n\nid: %d\n\n", data, n, n)
	case 3: // JSON may have a new line wherever it has a space
		comma := bytes.IndexByte(data, ',') + 1
		return fmt.Appendf(nil, "data: %s\ndata: %s\nid: %d\n\n", data[:comma], data[comma:], n)
	default:
		return fmt.Appendf(nil, "id: %d\nid: not\x00this\n:%s\ndata: %s\n\n", n, data[:half], data)
	}
}

// sameID gives each tenth event the id of the one before.
func sameID(n int, data []byte) []byte {
	if (n+1)%Every == 0 {
		return event(n-1, data)
	}
	return event(n, data)
}

// doneEach counts the fault with each tenth message that it is done to elsewhere.
func doneEach(st *stream, m message) error {
	if (m.seq+1)%Every == 0 {
		st.c.s.ledger.count(faultDone)
	}
	return pass(st, m)
}

// hugeLine is an event over the limit.
func hugeLine() []byte { return event(N, bytes.Repeat([]byte{'a'}, TooLong)) }

// endless writes the same bytes for ever, 64 KiB each Pace.
func endless(first, again string) func(*stream) error {
	b := []byte(strings.Repeat(again, 1+(64<<10)/len(again)))
	return writes(text(first), func(st *stream) error {
		for st.c.s.sleep(Pace) {
			if err := st.locked(func() error { return st.raw(b) }); err != nil {
				return err
			}
		}
		return errOver
	})
}

// injects writes bytes below HTTP, and then does something else.
func injects(b func() []byte, then func(*stream) error) func(*stream) error {
	return func(st *stream) error {
		st.c.s.sleep(settle)
		if _, err := st.c.Write(b()); err != nil {
			return err
		}
		return then(st)
	}
}

// aborts resets a stream of HTTP/2: RST_STREAM with INTERNAL_ERROR.
func aborts(*stream) error { panic(http.ErrAbortHandler) }
