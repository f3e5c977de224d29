package grpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// An exchanger makes the calls of a unaryStream over rtbench's own HTTP/2, on a stream that it opens
// again for each.
type exchanger struct {
	*call
	driver   *lean
	response *response
	header   http2.Header
	requests requests
	encoded  []byte
	conn     *http2.Conn
	dialing  chan dialed // the attempt to connect that is under way, or nil
	cancel   context.CancelFunc

	mu     sync.Mutex
	stream *http2.Stream // on conn; nil if none can be opened again
}

// A dialed is the result of an attempt to connect.
type dialed struct {
	conn *http2.Conn
	err  error
}

// dialTimeout bounds an attempt to connect for a message.
const dialTimeout = 20 * time.Second

func newExchanger(d *lean, c *call, h *http2.Conn) *exchanger {
	x := &exchanger{
		call: c, driver: d, response: newResponse(c), header: c.leanHeader(), requests: c.requests(), conn: h,
	}
	c.ctx, x.cancel = context.WithCancel(context.Background())
	c.end = x.close
	return x
}

// exchange makes the call for message p and stores the reply in r.
func (x *exchanger) exchange(p []byte, r *framing.BenchMessage) *callError {
	var deadline time.Time
	if d := x.endpoint.Deadline; d > 0 {
		deadline = time.Now().Add(d)
	}
	for again := false; ; again = true {
		st, err := x.ready(deadline)
		sent := err == nil
		if sent {
			sent, err = x.makeCall(st, deadline, p, r)
		}
		if err == nil {
			return nil
		}
		if !again && unprocessed(err) { // another connection may accept it
			continue
		}
		failed := *asCallError(leanError(err)) // a copy: streams share errors of connections
		failed.notSent = !sent
		return &failed
	}
}

// ready returns a stream that can be opened.
func (x *exchanger) ready(deadline time.Time) (*http2.Stream, error) {
	if !x.conn.Usable() {
		h, err := x.redial(deadline)
		if err != nil {
			return nil, err
		}
		x.conn = h
		x.forget()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ctx.Err() != nil {
		return nil, net.ErrClosed
	}
	if x.stream == nil {
		x.stream = x.conn.NewStream(&x.response.messages, x.response)
	}
	return x.stream, nil
}

// forget makes the next call use another stream.
func (x *exchanger) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stream = nil
}

// redial connects again. An attempt outlives the deadline of its message: the next message awaits it.
func (x *exchanger) redial(deadline time.Time) (*http2.Conn, error) {
	if x.dialing == nil {
		if last := x.driver.failed.Load(); last != nil && time.Now().Before(last.until) {
			return nil, last.err
		}
		x.dialing = make(chan dialed, 1)
		go x.dial(x.dialing)
	}
	var expired <-chan time.Time
	if !deadline.IsZero() {
		expired = time.After(time.Until(deadline))
	}
	select {
	case d := <-x.dialing:
		x.dialing = nil
		return d.conn, d.err
	case <-expired:
		return nil, fmt.Errorf("connecting to %s: %w", x.target.Address, http2.ErrDeadline)
	case <-x.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (x *exchanger) dial(result chan<- dialed) {
	ctx, cancel := context.WithTimeout(x.ctx, dialTimeout)
	defer cancel()
	h, err := x.driver.connect(ctx)
	result <- dialed{h, err}
}

// makeCall makes the call for message p on st. sent reports whether the server may have received it.
func (x *exchanger) makeCall(st *http2.Stream, deadline time.Time, p []byte, r *framing.BenchMessage) (sent bool, err error) {
	x.response.messages.Start()
	if !deadline.IsZero() {
		st.SetDeadline(deadline)
	}
	next, more := x.encode(p, 0)
	if err := st.Start(x.ctx, x.header, x.encoded, !more); err != nil {
		return false, err
	}
	for more && err == nil { // after an error, the reply or its absence has the reason
		if next, more = x.encode(p, next); len(x.encoded) > 0 {
			err = st.SendEncoded(x.encoded)
		}
	}
	_ = st.CloseSend()
	if r.Payload, err = onlyReply(st, r.Payload[:0]); errors.Is(err, errSecondReply) {
		x.forget()
	}
	return true, err
}

// maxRequests is the number of bytes from which requests are written.
const maxRequests = 64 << 10

// encode encodes requests for message p from number i on. It returns the number of the next one, and
// whether there may be one.
func (x *exchanger) encode(p []byte, i int) (next int, more bool) {
	x.encoded = x.encoded[:0]
	for len(x.encoded) < maxRequests {
		request, ok := x.requests(p, i)
		if !ok {
			return i, false
		}
		x.encoded = x.response.messages.Append(x.encoded, request)
		i++
		if !x.endpoint.ClientStreams {
			return i, false
		}
	}
	return i, true
}

// close unblocks exchange and ends its call.
func (x *exchanger) close() {
	x.cancel()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stream != nil {
		_ = x.stream.Close()
	}
}
