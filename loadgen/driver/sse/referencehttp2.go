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

// referenceHTTP2 uses one connection for the events and POSTs of all streams.
type referenceHTTP2 struct{ client *httpwire.SharedConn }

// NewHTTP2 returns a driver for reference servers over HTTP/2.
func NewHTTP2(t driver.Target) driver.Driver { return referenceHTTP2{httpwire.NewSharedConn(t)} }

func (d referenceHTTP2) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	h, err := d.client.Get(ctx)
	if err != nil {
		return nil, err
	}
	path := proto.BenchPath + "?session=" + rand.Text()
	st := &referenceHTTP2Stream{
		Stream:  h.NewStream(&framing.EventStream{Base64: !e.Call.Text}, nil),
		posts:   h.NewStream(nil, nil),
		message: d.client.RequestHeader("POST", path),
		end:     d.client.RequestHeader("POST", path+"&end=1"),
	}
	stop := context.AfterFunc(ctx, func() { _ = st.Close() })
	err = openEvents(st.Stream, d.client.RequestHeader("GET", path+"&"+e.Call.Encode(), "accept", "text/event-stream"))
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = st.Close()
		return nil, err
	}
	out := sending(st)
	out.StreamLimit = h.StreamLimit()
	return out, nil
}

func (d referenceHTTP2) Close() error { return d.client.Close() }

type referenceHTTP2Stream struct {
	*http2.Stream               // the events
	posts         *http2.Stream // reopened for each POST
	message, end  http2.Header
	ended         bool
}

// openEvents sends the request for events and checks the response.
func openEvents(st *http2.Stream, h http2.Header) error {
	response, err := st.Open(context.Background(), h, nil, true)
	if err != nil {
		return err
	}
	code, _ := strconv.Atoi(response.Get(":status"))
	var reason []byte
	if code != 200 {
		reason, _ = st.Body(4 << 10)
	}
	return checkEventStream(code, response.Get("content-type"), bytes.NewReader(reason))
}

// Send posts one message and waits for the response.
func (st *referenceHTTP2Stream) Send(p []byte) error {
	if st.ended {
		return eventloop.ErrSendAfterEnd
	}
	return st.post(st.message, p)
}

func (st *referenceHTTP2Stream) post(h http2.Header, p []byte) error {
	response, err := st.posts.Open(context.Background(), h, p, true)
	if err != nil {
		return err
	}
	code := response.Get(":status")
	reason, err := st.posts.Body(4 << 10)
	if code != "204" {
		return fmt.Errorf("the POST of a message was answered with HTTP status %s: %s", code, httpwire.LastLine(reason))
	}
	return err
}

// CloseSend posts the end of the stream.
func (st *referenceHTTP2Stream) CloseSend() error {
	if st.ended {
		return nil
	}
	st.ended = true
	return st.post(st.end, nil)
}

// Close ends the events and aborts a POST.
func (st *referenceHTTP2Stream) Close() error {
	_ = st.posts.Close()
	return st.Stream.Close()
}
