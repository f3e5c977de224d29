package driver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
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
	own := d.target.Endpoint
	base, request, lastID, err := d.requests(ctx, own, c.Share)
	if err != nil {
		return nil, err
	}
	var in *ownEvents
	err = follow(request, func(r Request) (a eventsAnswer, err error) {
		in, a, err = d.ask(ctx, r)
		return a, err
	}, func() { _ = in.nc.Close() })
	if err != nil {
		return nil, err
	}
	in.framing.LastID = []byte(lastID)
	st := &ownEventStream{events: eventloop.NewConn(in.nc, in.framing, in.rest), memory: memory{d.resumption, c.Share, in.framing}}
	if own.Post != nil {
		up := newPoster(targetFor(d.target, own.Post), maxPostAnswer, checkPost)
		up.again, up.follows = true, true
		st.up = newOwnPoster(up, base, own.Post)
		if !c.Pattern.FromServer() {
			err = up.open(ctx)
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
	framing *framing.EventStream
	rest    []byte
}

// ask sends the request for events on a connection of its own and reads the head of the
// answer.
func (d *ownSSE) ask(ctx context.Context, r Request) (*ownEvents, eventsAnswer, error) {
	nc, err := d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, eventsAnswer{}, err
	}
	reader := NewResponseReader(nc, 4<<10)
	var head fasthttp.ResponseHeader
	head.SetNoDefaultContentType(true)
	err = Handshake(ctx, nc, func() error { return reader.RoundTrip(r.Encode(), &head) })
	if err != nil {
		return nil, eventsAnswer{}, err
	}
	length := BodyLength(&head)
	in := &ownEvents{nc: nc, framing: &framing.EventStream{
		Chunked: length == -1, Sized: length >= 0, Left: int64(max(0, length)), Limit: d.target.Endpoint.Limit,
	}}
	buffered, _ := reader.Buf.Peek(reader.Buf.Buffered())
	in.rest = bytes.Clone(buffered)
	return in, eventsAnswer{
		status: head.StatusCode(), contentType: string(head.ContentType()),
		encoding: string(head.ContentEncoding()), location: string(head.Peek("Location")), retryAfter: string(head.Peek("Retry-After")),
		body: func() []byte { return reader.ReadSample(ctx, length) },
	}, nil
}

// An ownPoster posts messages of either kind on a connection of HTTP/1.1.
type ownPoster struct {
	*poster
	json, text         Request
	jsonHead, textHead []byte
}

func newOwnPoster(up *poster, base Request, u *url.URL) *ownPoster {
	p := &ownPoster{poster: up, json: base.Post(u, jsonType), text: base.Post(u, textType)}
	p.jsonHead, p.textHead = requestHead(p.json), requestHead(p.text)
	return p
}

func requestHead(r Request) []byte { return postHead(r.URL.RequestURI(), r.Host, r.HeaderLines()) }

func (u *ownPoster) post(p []byte) error {
	r, head := &u.text, u.textHead
	if isJSON(p) {
		r, head = &u.json, u.jsonHead
	}
	err := u.poster.post(head, p)
	if err == nil {
		return nil
	}
	return followPost(r, err, func(next Request) error { return u.poster.post(requestHead(next), p) })
}

// checkPost says what is wrong with the answer to a POST of a message, if anything.
func checkPost(status int, body []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrMessageFailed, RefuseStatus("the POST of a message", status, body, "")) // the events go on
}

// maxPostAnswer is how much of such an answer's body is read, and dropped: what HTTP/2 lets
// a stream have at first.
const maxPostAnswer = 64<<10 - 1
