package sse

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

// referenceHTTP2 speaks SSE over one connection of HTTP/2, events and POSTs alike.
type referenceHTTP2 struct{ client *httpwire.SharedConn }

// NewHTTP2 returns a driver for reference servers over HTTP/2.
func NewHTTP2(t driver.Target) driver.Driver { return referenceHTTP2{httpwire.NewSharedConn(t)} }

func (d referenceHTTP2) Open(ctx context.Context, c proto.Call) (driver.Stream, error) {
	h, err := d.client.Get(ctx)
	if err != nil {
		return nil, err
	}
	path := httpwire.BenchPath + "?session=" + rand.Text()
	st := &referenceHTTP2Stream{
		Stream:  h.NewStream(&framing.SSE{Text: c.Text}, nil),
		up:      h.NewStream(nil, nil),
		message: d.client.RequestHeader("POST", path),
		end:     d.client.RequestHeader("POST", path+"&end=1"),
	}
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	err = openEvents(st.Stream, d.client.RequestHeader("GET", path+"&"+c.Encode(), "accept", "text/event-stream"))
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	return st, nil
}

// StreamLimit implements StreamLimiter.
func (d referenceHTTP2) StreamLimit() (most, reserved int) { return d.client.StreamLimit() }

func (d referenceHTTP2) Close() error { return d.client.Close() }

// An referenceHTTP2Stream receives events in the response to a GET, and posts on a stream that is
// opened anew for each message.
type referenceHTTP2Stream struct {
	*http2.Stream
	up           *http2.Stream
	message, end http2.Header
	ended        bool
}

// openEvents sends a GET and says what is wrong with the answer.
func openEvents(st *http2.Stream, h http2.Header) error {
	answer, err := st.Open(context.Background(), h, nil, true)
	if err != nil {
		return err
	}
	code, _ := strconv.Atoi(answer.Get(":status"))
	var reason []byte
	if code != 200 {
		reason, _ = st.Body(4 << 10)
	}
	return checkEventStream(code, answer.Get("content-type"), bytes.NewReader(reason))
}

// Send posts one message and returns when the server has answered.
func (st *referenceHTTP2Stream) Send(p []byte) error {
	if st.ended {
		return eventloop.ErrSendAfterEnd
	}
	return st.post(st.message, p)
}

func (st *referenceHTTP2Stream) post(h http2.Header, p []byte) error {
	answer, err := st.up.Open(context.Background(), h, p, true)
	if err != nil {
		return err
	}
	code := answer.Get(":status")
	reason, err := st.up.Body(4 << 10)
	if code != "204" {
		return fmt.Errorf("the POST of a message was answered with HTTP status %s: %s", code, httpwire.LastLine(reason))
	}
	return err
}

// CloseSend tells the server that no more is posted.
func (st *referenceHTTP2Stream) CloseSend() error {
	if st.ended {
		return nil
	}
	st.ended = true
	return st.post(st.end, nil)
}

// Close ends the events, and a POST under way.
func (st *referenceHTTP2Stream) Close() error {
	_ = st.up.Close()
	return st.Stream.Close()
}
