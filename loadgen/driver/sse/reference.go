// Package sse receives Server-Sent Events over HTTP/1.1 or HTTP/2 and sends messages by POST.
package sse

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// reference opens a connection for the events of a stream and, if the client sends, another one for
// its POSTs. Each message is one POST, and each POST waits for its response.
type reference struct{ target driver.Target }

// New returns a driver for reference servers over HTTP/1.1.
func New(t driver.Target) driver.Driver { return reference{t} }

func (d reference) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	uri := proto.BenchPath + "?session=" + rand.Text()
	events, chunked, buffered, err := d.get(ctx, uri+"&"+e.Call.Encode())
	if err != nil {
		return nil, err
	}
	st := &referenceStream{Conn: eventloop.NewConn(events, &framing.EventStream{Base64: !e.Call.Text, Chunked: chunked}, buffered)}
	if !e.Call.Pattern.FromServer() {
		const binary = "Content-Type: application/octet-stream\r\n"
		st.message, st.end = postHead(uri, d.target.Address, binary), postHead(uri+"&end=1", d.target.Address, binary)
		st.poster = newPoster(d.target, 4<<10, expect204)
		if err := st.poster.connect(ctx); err != nil {
			_ = events.Close()
			return nil, err
		}
	}
	return sending(st), nil
}

func (d reference) Close() error { return nil }

// get opens the event stream.
func (d reference) get(ctx context.Context, uri string) (nc net.Conn, chunked bool, buffered []byte, err error) {
	nc, err = d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, false, nil, err
	}
	err = driver.Handshake(ctx, nc, func() error {
		request := "GET " + uri + " HTTP/1.1\r\nHost: " + d.target.Address + "\r\nAccept: text/event-stream\r\n\r\n"
		if _, err := nc.Write([]byte(request)); err != nil {
			return err
		}
		br := bufio.NewReader(nc)
		var head fasthttp.ResponseHeader
		if err := head.Read(br); err != nil {
			return err
		}
		if err := checkEventStream(head.StatusCode(), string(head.ContentType()), io.LimitReader(br, int64(max(0, head.ContentLength())))); err != nil {
			return err
		}
		chunked = head.ContentLength() == -1
		peeked, _ := br.Peek(br.Buffered())
		buffered = bytes.Clone(peeked)
		return nil
	})
	return nc, chunked, buffered, err
}

// expect204 checks the response to a POST.
func expect204(status int, body []byte) error {
	if status != 204 {
		return fmt.Errorf("the POST of a message was answered with HTTP status %d: %s", status, httpwire.LastLine(body))
	}
	return nil
}

type referenceStream struct {
	*eventloop.Conn
	poster       *poster // nil if the stream only receives
	message, end []byte  // heads of POSTs
	ended        bool
}

// Send posts one message and waits for the response.
func (st *referenceStream) Send(p []byte) error {
	if st.poster == nil {
		return driver.ErrReceiveOnly
	}
	return st.poster.post(st.message, p)
}

// CloseSend posts the end of the stream.
func (st *referenceStream) CloseSend() error {
	if st.poster == nil || st.ended {
		return nil
	}
	st.ended = true
	return st.poster.post(st.end, nil)
}

func (st *referenceStream) Close() error {
	if st.poster != nil {
		st.poster.close()
	}
	return st.Conn.Close()
}

// checkEventStream checks the response of a reference server or the guide.
func checkEventStream(status int, contentType string, body io.Reader) error {
	if status != 200 {
		reason, _ := io.ReadAll(io.LimitReader(body, 4<<10))
		return fmt.Errorf("%w: HTTP status %d: %s", driver.ErrRefused, status, httpwire.LastLine(reason))
	}
	if !strings.HasPrefix(contentType, "text/event-stream") {
		return fmt.Errorf("%w: the response is %q, not text/event-stream", driver.ErrRefused, contentType)
	}
	return nil
}
