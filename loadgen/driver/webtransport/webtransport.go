// Package webtransport exchanges messages over streams of a WebTransport session, with quic-go.
package webtransport

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/loadgen/driver/quicwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/quicnet"
)

// client opens the session of a connection for its first stream. The session's request is that of the stream.
type client struct {
	sessions *quicwire.Shared[*session]
}

// A session is a WebTransport session with the response that opened it.
type session struct {
	*webtransport.Session
	header http.Header
}

// New returns a driver that uses webtransport-go: a bidirectional stream of one session carries the messages of
// each of its streams.
func New(t driver.Target) driver.Driver {
	c := quicwire.Config()
	c.EnableDatagrams, c.EnableStreamResetPartialDelivery = true, true // the library requires both
	return client{quicwire.NewShared(t, c, begin)}
}

// Reference returns the endpoint of a call to a reference server, which is the first message of a stream.
func Reference(address string, _ bool, c proto.Call) *driver.Endpoint {
	return &driver.Endpoint{
		URL: driver.NewURL("http", true, address, proto.BenchPath, ""), Header: http.Header{"User-Agent": nil},
		Lengths: true, Hello: []byte(c.Encode()),
	}
}

// requestKey is the key of the request for a session in the context of begin.
type requestKey struct{}

// begin opens a session on a connection, which ends with it.
func begin(ctx context.Context, conn *quic.Conn) (*session, error) {
	r, _ := ctx.Value(requestKey{}).(httpwire.Request)
	at := *r.URL
	at.Host = r.Host
	t := new(webtransport.Transport)
	c, err := t.NewClientConn(conn)
	if err != nil {
		return nil, err
	}
	resp, s, err := c.Dial(ctx, at.String(), r.Header)
	var unmet *webtransport.RequirementsNotMetError
	switch {
	case errors.As(err, &unmet):
		return nil, driver.Refuse("no WebTransport", "%s", unmet.Message)
	case err != nil && resp != nil && resp.StatusCode/100 != 2:
		return nil, refusal(ctx, conn, resp)
	case err != nil:
		return nil, err
	}
	context.AfterFunc(s.Context(), func() {
		_ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
	})
	return &session{s, resp.Header}, nil
}

// refusal returns the error of a response that opens no session.
func refusal(ctx context.Context, conn *quic.Conn, resp *http.Response) error {
	defer context.AfterFunc(ctx, func() {
		_ = conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeRequestCanceled), "")
	})()
	sample, _ := io.ReadAll(io.LimitReader(resp.Body, httpwire.MaxSample))
	return httpwire.RefuseStatus("the request for a session", resp.StatusCode, sample, resp.Header.Get("Retry-After"))
}

// Open implements driver.Driver.
func (d client) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	r, err := httpwire.NewRequest(ctx, e)
	if err != nil {
		return nil, err
	}
	s, st, err := d.openStream(context.WithValue(ctx, requestKey{}, r))
	if err != nil {
		return nil, err
	}
	var messages framing.Framing = &framing.Lines{Limit: e.Limit}
	if e.Lengths {
		messages = framing.TCP{Limit: e.Limit}
	}
	kept := driver.NewKept(e)
	kept.NoteAll(s.header)
	nc := explained{quicnet.NewStream(st, s.Session)}
	out := &driver.Stream{Conn: eventloop.NewConn(nc, messages, nil), Header: kept.Header()}
	if e.Hello == nil {
		_, err = nc.Write(nil) // a stream is the server's once something of it arrives
		return out, err
	}
	return out, driver.Handshake(ctx, nc, func() error { return driver.Greet(out, e.Hello) })
}

// openStream opens a stream, of a session on another connection if the first is ending. If the server allows no more
// streams on the connection, it waits for one to end.
func (d client) openStream(ctx context.Context) (*session, *webtransport.Stream, error) {
	for again := false; ; again = true {
		s, err := d.sessions.Get(ctx)
		if err != nil {
			return nil, nil, err
		}
		st, err := s.OpenStreamSync(ctx)
		switch {
		case err == nil:
			return s, st, nil
		case errors.Is(err, context.DeadlineExceeded):
			return nil, nil, driver.Refuse("no streams allowed", "the server allows no more streams on this connection (QUIC MAX_STREAMS)")
		case again || ctx.Err() != nil:
			return nil, nil, quicwire.Explain(err)
		}
		d.sessions.Discard(s)
	}
}

// Close implements driver.Driver.
func (d client) Close() error { return d.sessions.Close() }

// explained is a stream with the errors of quicwire.Explain.
type explained struct{ *quicnet.Stream }

func (c explained) Read(p []byte) (int, error) {
	n, err := c.Stream.Read(p)
	return n, quicwire.Explain(err)
}

func (c explained) Write(p []byte) (int, error) {
	n, err := c.Stream.Write(p)
	return n, quicwire.Explain(err)
}
