package driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/wire"
)

// ownSSE speaks SSE over HTTP/1.1 to a server of the user's own. A stream has a connection
// for its events and, where messages are posted, a second one for those.
type ownSSE struct {
	target Target
	*resumption
}

func newOwnSSE(t Target) Driver { return &ownSSE{t, new(resumption)} }

// Open implements Driver. A stream that was opened before, by its Share, is asked for from
// the last event on that came.
func (d *ownSSE) Open(ctx context.Context, c proto.Call) (Stream, error) {
	own := d.target.Own
	base, err := own.baseRequest(ctx)
	if err != nil {
		return nil, err
	}
	lastID := d.lastID(c.Share)
	request, err := base.events(own, lastID)
	if err != nil {
		return nil, err
	}
	var in *ownEvents
	err = request.follow(func(r ownRequest) (a eventsAnswer, err error) {
		in, a, err = d.ask(ctx, r)
		return a, err
	}, func() { _ = in.nc.Close() })
	if err != nil {
		return nil, err
	}
	in.framing.LastID = []byte(lastID)
	st := &ownSSEStream{Conn: wire.NewConn(in.nc, in.framing, in.rest), memory: memory{d.resumption, c.Share, in.framing}}
	if own.Post != nil {
		st.json, st.text = base.post(own.Post, jsonType).head(), base.post(own.Post, textType).head()
		st.up = newPoster(d.target.at(own.Post).connectHTTP1, maxPostAnswer, checkPost)
		st.up.again = true
		if !c.Pattern.FromServer() {
			err = st.up.open(ctx)
		}
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return st, nil
}

// Close implements Driver: there is nothing but the streams, each of which closes itself.
func (d *ownSSE) Close() error { return nil }

// ownEvents is what an event stream is read from.
type ownEvents struct {
	nc      net.Conn
	framing *wire.EventStream
	rest    []byte
}

// ask sends the request for events on a connection of its own and reads the head of the
// answer.
func (d *ownSSE) ask(ctx context.Context, r ownRequest) (*ownEvents, eventsAnswer, error) {
	nc, err := d.target.connectHTTP1(ctx)
	if err != nil {
		return nil, eventsAnswer{}, err
	}
	reader := newAnswerReader(nc, 4<<10)
	var head fasthttp.ResponseHeader
	head.SetNoDefaultContentType(true)
	err = within(ctx, nc, func() error { return reader.ask(r.encode(), &head) })
	if err != nil {
		return nil, eventsAnswer{}, err
	}
	length := bodyLength(&head)
	in := &ownEvents{nc: nc, framing: &wire.EventStream{
		Chunked: length == -1, Sized: length >= 0, Left: int64(max(0, length)), Limit: d.target.Own.Limit,
	}}
	buffered, _ := reader.br.Peek(reader.br.Buffered())
	in.rest = bytes.Clone(buffered)
	return in, eventsAnswer{
		status: head.StatusCode(), contentType: string(head.ContentType()),
		encoding: string(head.ContentEncoding()), location: string(head.Peek("Location")),
		body: func() []byte { return reader.sample(ctx, length) },
	}, nil
}

// An ownSSEStream receives events on one connection and posts on another.
type ownSSEStream struct {
	*wire.Conn
	memory
	up         *poster // nil: this client only listens
	json, text []byte  // heads of POSTs
	ended      bool
}

// Send posts one message and returns when the server has answered.
func (st *ownSSEStream) Send(p []byte) error {
	switch {
	case st.up == nil:
		return errNoWayUp
	case st.ended:
		return wire.ErrSendAfterEnd
	case isJSON(p):
		return st.up.post(st.json, p)
	}
	return st.up.post(st.text, p)
}

// SendWaits implements Waiter.
func (st *ownSSEStream) SendWaits() bool { return true }

// CloseSend implements Stream. There is no word by which a server would be told.
func (st *ownSSEStream) CloseSend() error {
	st.ended = true
	return nil
}

// Recv implements proto.Conn.
func (st *ownSSEStream) Recv() ([]byte, error) {
	p, err := st.Conn.Recv()
	if err != nil {
		st.note()
	}
	return p, err
}

// Drive implements Driven.
func (st *ownSSEStream) Drive(l *wire.Loop, h proto.Handler) error {
	if st.framing.Sized && st.framing.Left == 0 {
		return errors.ErrUnsupported // it has ended already, which no loop would be told
	}
	return st.Conn.Drive(l, noting{h, st.memory})
}

// Close implements Stream.
func (st *ownSSEStream) Close() error {
	if st.up != nil {
		st.up.close()
	}
	return st.Conn.Close()
}

// checkPost says what is wrong with the answer to a POST of a message, if anything.
func checkPost(status int, body []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrMessageFailed, refusedStatus("the POST of a message", status, body)) // the events go on
}

// maxPostAnswer is how much of such an answer's body is read, and dropped: what HTTP/2 lets
// a stream have at first.
const maxPostAnswer = 64<<10 - 1
