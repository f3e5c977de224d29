package sse

import (
	"context"
	"io"
	"math"
	"net/url"
	"strconv"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/guideapi"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/clock"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/scenarios/template"
)

// guide receives the guide's event streams over HTTP/1.1. The server sets their rate.
type guide struct{ target driver.Target }

// NewGuide returns a driver for the guide's API over HTTP/1.1.
func NewGuide(t driver.Target) driver.Driver { return guide{t} }

func (d guide) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	if e.Call.Pattern != proto.Push {
		return nil, guideapi.Unsupported("sse", e.Call.Pattern)
	}
	uri, err := eventsURI(d.target)
	if err != nil {
		return nil, err
	}
	nc, chunked, buffered, err := reference(d).get(ctx, uri)
	if err != nil {
		return nil, err
	}
	st := driver.Driven(eventloop.NewConn(nc, &framing.EventStream{Chunked: chunked}, buffered))
	return driver.Transcode(st, nil, eventMessages(d.target, e.Call)), nil
}

func (d guide) Close() error { return nil }

// userEvents is the path of the event stream that requires a token.
const userEvents = "/stream/user"

func eventsURI(t driver.Target) (string, error) {
	switch {
	case t.Path == "":
		return "/stream", nil
	case t.Path != userEvents:
		return t.Path, nil
	case t.Token == "":
		return "", guideapi.ErrNoToken
	}
	return userEvents + "?token=" + url.QueryEscape(t.Token), nil
}

// guideHTTP2 receives the guide's event streams over HTTP/2.
type guideHTTP2 struct {
	target driver.Target
	client *httpwire.SharedConn
}

// NewGuideHTTP2 returns a driver for the guide's API over HTTP/2.
func NewGuideHTTP2(t driver.Target) driver.Driver {
	return guideHTTP2{t, httpwire.NewSharedConn(t)}
}

func (d guideHTTP2) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	if e.Call.Pattern != proto.Push {
		return nil, guideapi.Unsupported("sse-h2", e.Call.Pattern)
	}
	uri, err := eventsURI(d.target)
	if err != nil {
		return nil, err
	}
	h, err := d.client.Get(ctx)
	if err != nil {
		return nil, err
	}
	st := h.NewStream(new(framing.EventStream), nil)
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	err = openEvents(st, d.client.RequestHeader("GET", uri, "accept", "text/event-stream"))
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	events := driver.Driven(st)
	events.StreamLimit = h.StreamLimit()
	return driver.Transcode(events, nil, eventMessages(d.target, e.Call)), nil
}

func (d guideHTTP2) Close() error { return d.client.Close() }

// eventMessages turns events with a counter and a timestamp in Unix seconds into measured messages,
// due and sent at the timestamp. The first one due after the steady phase ends the stream. Events
// without counter or timestamp, or with a timestamp more than a day off, are unmatched.
//
// Timestamps are of the wall clock, receive times of the monotonic clock. Their offset is read once:
// a later change of the wall clock shows as delay.
func eventMessages(t driver.Target, c proto.Call) func([]byte) ([]byte, error) {
	counter, timestamp, problem := guideapi.NewField("counter"), guideapi.NewField("timestamp"), guideapi.NewProblem()
	offset := clock.WallOffset()
	m := proto.NewMessage(0, c.Text)
	return func(b []byte) ([]byte, error) {
		number, ok := template.ParseNumber(counter.Get(b))
		seconds, err := strconv.ParseFloat(string(timestamp.Get(b)), 64)
		if !ok || err != nil || math.Abs(seconds-float64(time.Now().Unix())) > 24*3600 {
			if err := problem.In(b); err != nil {
				return nil, err
			}
			t.ReportUnmatched(b)
			return nil, nil
		}
		whole := int64(seconds)
		at := whole*1e9 + int64((seconds-float64(whole))*1e9) + offset
		if c.SteadyTo > 0 && at >= c.SteadyTo {
			return nil, io.EOF
		}
		return m.Stamp(proto.Header{Seq: number, Intended: at, Sent: at, Stream: uint32(c.Share)}), nil
	}
}
