package driver

import (
	"context"
	"net/url"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// guideSSE follows the guide's event streams over HTTP/1.1. The server sets their pace.
type guideSSE struct{ target Target }

func (d guideSSE) Open(ctx context.Context, c proto.Call) (Stream, error) {
	if c.Pattern != proto.Push {
		return nil, Unsupported("sse", c.Pattern)
	}
	uri, err := eventsURI(d.target)
	if err != nil {
		return nil, err
	}
	nc, chunked, rest, err := sseDriver(d).get(ctx, uri)
	if err != nil {
		return nil, err
	}
	return Transcode(eventloop.NewConn(nc, &framing.SSE{Text: true, Chunked: chunked}, rest), nil, eventMessages(d.target, c)), nil
}

func (d guideSSE) Close() error { return nil }

// userEvents is the path of the guide's events of a user, which asks for a token.
const userEvents = "/stream/user"

func eventsURI(t Target) (string, error) {
	switch {
	case t.Path == "":
		return "/stream", nil
	case t.Path != userEvents:
		return t.Path, nil
	case t.Token == "":
		return "", ErrNoToken
	}
	return userEvents + "?token=" + url.QueryEscape(t.Token), nil
}

// guideSSEH2 follows them over HTTP/2.
type guideSSEH2 struct {
	target Target
	client *SharedConn
}

func (d guideSSEH2) Open(ctx context.Context, c proto.Call) (Stream, error) {
	if c.Pattern != proto.Push {
		return nil, Unsupported("sse-h2", c.Pattern)
	}
	uri, err := eventsURI(d.target)
	if err != nil {
		return nil, err
	}
	h, err := d.client.Get(ctx)
	if err != nil {
		return nil, err
	}
	st := h.NewStream(&framing.SSE{Text: true}, nil)
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	err = openEvents(st, d.client.RequestHeader("GET", uri, "accept", "text/event-stream"))
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return Transcode(st, nil, eventMessages(d.target, c)), nil
}

// StreamLimit implements StreamLimiter.
func (d guideSSEH2) StreamLimit() (most, reserved int) { return d.client.StreamLimit() }

func (d guideSSEH2) Close() error { return d.client.Close() }
