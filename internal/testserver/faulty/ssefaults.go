package faulty

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

// Faults of event streams (HTML standard, section 9.2).
var sseFaults = []row{
	{name: "line over the limit", over: classes{sseBoth: "message too long"}, onMessage: afterN(write(longLine, nil))},
	{name: "endless line", over: classes{sseBoth: "message too long"}, onMessage: afterN(writeEndlessly("data: ", "a"))},
	{name: "endless event", over: classes{sseBoth: "message too long"}, onMessage: afterN(writeEndlessly("", "data: a\n"))},
	{name: "endless comments", over: classes{sseBoth: ""}, onMessage: afterN(writeEndlessly("", ": still here\n"))},
	{name: "retry of 10 ms, then ends", over: classes{sseBoth: ""}, prelude: "retry: 10\n\n", onMessage: afterN(end(ending{}))},
	{name: "events in bursts", over: classes{sseBoth: ""}, bursts: true},
	{name: "repeated ids", over: classes{sseBoth: ""}, encodeEvent: repeatID, onMessage: countEveryTenth},
	{name: "bytes that are not UTF-8", over: classes{sseBoth: ""}, onMessage: afterN(write(constant("data: \xC3\x28\n\n"), nil))},
	{name: "ends mid-event", over: classes{sseBoth: "connection closed by the server"}, onMessage: afterN(write(constant("data: half a mess"), end(ending{})))},
	{name: "garbage chunk size", over: classes{"sse": "malformed frame"}, onMessage: afterN(inject(constant("zz\r\n"), cut))},
	{name: "chunk longer than its size", over: classes{"sse": "malformed frame"}, onMessage: afterN(inject(constant("3\r\ntoo long\r\n"), cut))},
	{name: "chunk of 2^62 bytes", over: classes{"sse": "malformed frame"}, onMessage: afterN(inject(constant("4000000000000000\r\n: a"), cut))},
	{name: "RST_STREAM mid-stream", over: classes{"sse-h2": "HTTP/2 reset: INTERNAL_ERROR"}, onMessage: afterN(abort)},
	{name: "GOAWAY, then cuts", over: classes{"sse-h2": "HTTP/2 GOAWAY"}, onMessage: afterN(inject(goAway(http2.ErrCodeNo, ""), cut))},
	{name: "illegal frame", over: classes{"sse-h2": "malformed frame"}, onMessage: afterN(inject(illegalFrame, keepReading))},
}

// A burst holds events back and sends them together, like a buffering proxy.
type burst struct {
	held  []byte
	since time.Time
}

// hold sends the collected events once the first has waited for Burst.
func (p *sseTransport) hold(b []byte) error {
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

// unusualForms formats events in rare but legal forms, in turn.
func unusualForms(n int, data []byte) []byte {
	half := len(data) / 2
	switch n % 5 {
	case 0:
		return fmt.Appendf(nil, "id:%d\rdata:%s\r\r", n, data)
	case 1:
		return fmt.Appendf(nil, ": a comment\r\nid: %d\r\nevent: message\r\ndata: %s\r\n\r\n", n, data)
	case 2:
		return fmt.Appendf(nil, "unknown: field\nnocolon\nretry: soon\ndata: %s\nid: %d\n\nid: %d\n\n", data, n, n)
	case 3: // a line break is legal JSON white space
		comma := bytes.IndexByte(data, ',') + 1
		return fmt.Appendf(nil, "data: %s\ndata: %s\nid: %d\n\n", data[:comma], data[comma:], n)
	default:
		return fmt.Appendf(nil, "id: %d\nid: not\x00this\n:%s\ndata: %s\n\n", n, data[:half], data)
	}
}

// repeatID gives every tenth event the id of its predecessor.
func repeatID(n int, data []byte) []byte {
	if (n+1)%Every == 0 {
		return event(n-1, data)
	}
	return event(n, data)
}

// countEveryTenth counts a fault that another hook injects into every tenth message.
func countEveryTenth(st *stream, m message) error {
	if (m.seq+1)%Every == 0 {
		st.c.s.ledger.count(faultDone)
	}
	return forward(st, m)
}

func longLine() []byte { return event(N, bytes.Repeat([]byte{'a'}, TooLong)) }

// writeEndlessly sends the same bytes forever, 64 KiB every Pace.
func writeEndlessly(first, again string) func(*stream) error {
	b := []byte(strings.Repeat(again, 1+(64<<10)/len(again)))
	return write(constant(first), func(st *stream) error {
		for st.c.s.sleep(Pace) {
			if err := st.locked(func() error { return st.raw(b) }); err != nil {
				return err
			}
		}
		return errEnded
	})
}

// inject writes raw bytes to the connection, below HTTP, then calls then.
func inject(b func() []byte, then func(*stream) error) func(*stream) error {
	return func(st *stream) error {
		st.c.s.sleep(settleTime)
		if _, err := st.c.Write(b()); err != nil {
			return err
		}
		return then(st)
	}
}

// abort resets an HTTP/2 stream: RST_STREAM with INTERNAL_ERROR.
func abort(*stream) error { panic(http.ErrAbortHandler) }
