package driver

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rtbench/proto"
	"rtbench/proto/wire"
)

// ownSSEH2 speaks SSE over HTTP/2 to a server of the user's own: events and POSTs on one
// connection, or the POSTs on a second one where they go to another server.
type ownSSEH2 struct {
	target       Target
	client, post *http2Client
	*resumption
}

func newOwnSSEH2(t Target) Driver {
	d := &ownSSEH2{target: t, client: newHTTP2Client(t), resumption: new(resumption)}
	d.post = d.client
	if t.Own.Post != nil {
		if at := t.at(t.Own.Post); at.Address != t.Address || (at.TLS == nil) != (t.TLS == nil) {
			d.post = newHTTP2Client(at)
		}
	}
	return d
}

// Open implements Driver. A stream that was opened before, by its Share, is asked for from
// the last event on that came.
func (d *ownSSEH2) Open(ctx context.Context, c proto.Call) (Stream, error) {
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
	st := &ownH2Stream{memory: memory{d.resumption, c.Share, nil}}
	err = request.follow(func(r ownRequest) (eventsAnswer, error) {
		h, err := d.client.conn(ctx)
		if err != nil {
			return eventsAnswer{}, err
		}
		st.framing = &wire.EventStream{Limit: own.Limit, LastID: []byte(lastID)}
		st.HTTP2Stream = h.NewStream(st.framing, nil)
		return askHTTP2(ctx, st.HTTP2Stream, r)
	}, func() { _ = st.HTTP2Stream.Close() })
	if err != nil {
		return nil, err
	}
	if own.Post != nil {
		st.up = newHTTP2Poster(d.post, base, own.Post)
	}
	return st, nil
}

// askHTTP2 sends the request for events on st and waits for the head of the answer.
func askHTTP2(ctx context.Context, st *wire.HTTP2Stream, r ownRequest) (eventsAnswer, error) {
	head, err := st.Open(ctx, r.fields(), r.body, true)
	if err != nil {
		_ = st.Close()
		return eventsAnswer{}, err
	}
	status, _ := strconv.Atoi(head.Get(":status"))
	return eventsAnswer{
		status: status, contentType: head.Get("content-type"), encoding: head.Get("content-encoding"), location: head.Get("location"),
		body: func() []byte {
			defer time.AfterFunc(sampleBound, func() { _ = st.Close() }).Stop()
			b, _ := st.Body(maxSample)
			return b
		},
	}, nil
}

// Close implements Driver.
func (d *ownSSEH2) Close() error { return errors.Join(d.client.close(), d.post.close()) }

// An ownH2Stream receives events in the response to one request, and posts on a stream
// that is opened anew for each message.
type ownH2Stream struct {
	*wire.HTTP2Stream
	memory
	up    *http2Poster // nil: this client only listens
	ended bool
}

// Send posts one message and returns when the server has answered.
func (st *ownH2Stream) Send(p []byte) error {
	switch {
	case st.up == nil:
		return errNoWayUp
	case st.ended:
		return wire.ErrSendAfterEnd
	}
	return st.up.post(p)
}

// SendWaits implements Waiter.
func (st *ownH2Stream) SendWaits() bool { return true }

// CloseSend implements Stream. There is no word by which a server would be told.
func (st *ownH2Stream) CloseSend() error {
	st.ended = true
	return nil
}

// Recv implements proto.Conn.
func (st *ownH2Stream) Recv() ([]byte, error) {
	p, err := st.HTTP2Stream.Recv()
	if err != nil {
		st.note()
	}
	return p, err
}

// Drive implements Driven.
func (st *ownH2Stream) Drive(l *wire.Loop, h proto.Handler) error {
	return st.HTTP2Stream.Drive(l, noting{h, st.memory})
}

// Close ends the events, and a POST under way.
func (st *ownH2Stream) Close() error {
	if st.up != nil {
		st.up.close()
	}
	return st.HTTP2Stream.Close()
}
