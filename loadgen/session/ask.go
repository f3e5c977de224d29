package session

import (
	"errors"
	"io"
	"net"
	"net/http"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/clock"
)

// begin begins the answer to a request on the session, which is free, and returns its stream. requests.mu must be
// held, so that the end of the stream finds the answer.
func (e *Session) begin(r request) *activeStream {
	now := clock.Now()
	e.answering.start(r, now)
	e.answering.unsent.Add(1)
	if e.firstSent == 0 {
		e.firstDue, e.firstSent = r.due, now
	}
	return e.active.Load()
}

// ask sends a request whose answer has begun.
func (e *Session) ask(l *activeStream, r request) {
	a := e.answering
	defer a.unsent.Add(-1)
	if e.g.perCall() {
		go e.askByCall(l, r)
		return
	}
	a.sending.Lock() // the answer to the request before may come before its Send returns
	err := l.stream.Send(e.encodeRequest(l, r))
	a.sending.Unlock()
	if err != nil { // the receiver counts the end of the stream
		l.sendErr.CompareAndSwap(nil, &err)
		_ = l.close()
	}
}

// encodeRequest returns the message of a request.
func (e *Session) encodeRequest(l *activeStream, r request) []byte {
	if l.script != nil {
		return l.script.EncodeRequest(r.number)
	}
	return e.g.requests.body
}

// idleStream is the stream of a session whose requests open streams, before the first.
func (g *Group) idleStream(c proto.Call) *activeStream {
	l := &activeStream{stream: &driver.Stream{Conn: noConn{}}, perCall: true}
	if g.custom() {
		l.script = g.Custom.Script.NewSession(c, g.placeOf(c.Share, g.number(c.Share)), nil)
		l.dialect = l.script
	}
	return l
}

// noConn is the Conn of a stream that is not open.
type noConn struct{}

func (noConn) Send([]byte) error     { return net.ErrClosed }
func (noConn) Recv() ([]byte, error) { return nil, io.EOF }
func (noConn) CloseSend() error      { return nil }
func (noConn) Close() error          { return nil }

// askByCall opens a stream for a request, after that of the one before, and receives its answer.
func (e *Session) askByCall(before *activeStream, r request) {
	l, err := e.openCall(before, r)
	if err != nil {
		e.refuseAnswer(err)
		return
	}
	if !e.g.open.unlessClosing(func() { e.active.Store(l) }) {
		_ = l.close()
	}
	e.handler.start()
	proto.Receive(l.stream, e.handler)
}

// openCall opens the stream of a request.
func (e *Session) openCall(before *activeStream, r request) (*activeStream, error) {
	b := e.encodeRequest(before, r)
	to := e.g.endpoint(e.call(), e.user)
	to.Body, to.Request, to.Fresh = b, b, true
	if to.Method == "" || to.Method == http.MethodGet {
		to.Method = http.MethodPost
	}
	st, err := e.driver.Open(e.g.requests.ctx, to)
	if err != nil {
		return nil, err
	}
	l := &activeStream{stream: st, dialect: before.dialect, script: before.script, perCall: true}
	if l.script != nil {
		if err := l.script.Open(e.g.requests.ctx, st); err != nil {
			_ = st.Close()
			return nil, err
		}
	}
	l.setMessage(&e.g.Config, e.message)
	return l, nil
}

// refuseAnswer counts a request whose stream did not open.
func (e *Session) refuseAnswer(err error) {
	g, a := e.g, e.answering
	n := &a.counts[g.phaseOf(a.due)]
	n.requests++
	if a.waited {
		n.waited++
	}
	if g.requests.ctx.Err() != nil {
		n.unfinished++
		err = driver.Refuse(unfinished, "the request was not accepted")
	} else {
		n.refused++
	}
	g.Events.countUnexpected(err, a.due)
	g.requests.record(g, a.due, func() {
		g.requests.retryAfter = max(g.requests.retryAfter, driver.RetryAfter(err))
	})
	a.busy.Store(false)
	e.next(clock.Now(), err)
}

// endCall counts the end of the stream of a request.
func (e *Session) endCall(err error) {
	l := e.active.Load()
	if l.dialect != nil {
		err = l.dialect.EndError(err)
	}
	_ = l.close()
	if a := e.answering; a.linger != nil {
		a.linger.Stop()
	}
	switch a := e.answering; {
	case a.tokens == 0 && !a.marked && errors.Is(err, driver.ErrRefused):
		e.refuseAnswer(err)
	case a.endedAt != 0:
		at := a.endedAt
		e.next(at, e.endAnswer(nil, at))
	default:
		at := clock.Now()
		e.next(at, e.endAnswer(err, at))
	}
}

// next passes a session, whose answer ended at a time, to its next request, or ends it if there are no more. failure
// is nil if the answer ended well.
func (e *Session) next(ended int64, failure error) {
	if !e.g.requests.next(e, ended, failure) {
		e.leave()
	}
}

// leave ends a session without a stream.
func (e *Session) leave() {
	e.gone.Store(true)
	e.g.receiving.Done()
}
