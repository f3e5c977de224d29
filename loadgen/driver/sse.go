package driver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// sseDriver speaks SSE over HTTP/1.1. A stream has a connection for its events
// and, where the client sends, a second one for its POSTs: one POST a message,
// each answered before the next.
type sseDriver struct{ target Target }

func (d sseDriver) Open(ctx context.Context, c proto.Call) (Stream, error) {
	uri := BenchPath + "?session=" + rand.Text()
	events, chunked, rest, err := d.get(ctx, uri+"&"+c.Encode())
	if err != nil {
		return nil, err
	}
	st := &sseStream{Conn: eventloop.NewConn(events, &framing.SSE{Text: c.Text, Chunked: chunked}, rest)}
	if !c.Pattern.FromServer() {
		const binary = "Content-Type: application/octet-stream\r\n"
		st.message, st.end = postHead(uri, d.target.Address, binary), postHead(uri+"&end=1", d.target.Address, binary)
		st.up = newPoster(d.target, 4<<10, wants204)
		if err := st.up.open(ctx); err != nil {
			_ = events.Close()
			return nil, err
		}
	}
	return st, nil
}

func (d sseDriver) Close() error { return nil }

// get opens the event stream.
func (d sseDriver) get(ctx context.Context, uri string) (nc net.Conn, chunked bool, rest []byte, err error) {
	nc, err = d.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, false, nil, err
	}
	err = Handshake(ctx, nc, func() error {
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
		buffered, _ := br.Peek(br.Buffered())
		rest = bytes.Clone(buffered)
		return nil
	})
	return nc, chunked, rest, err
}

// checkEventStream says what is wrong with the answer to a GET, if anything.
func checkEventStream(status int, contentType string, body io.Reader) error {
	if status != 200 {
		reason, _ := io.ReadAll(io.LimitReader(body, 4<<10))
		return fmt.Errorf("%w: HTTP status %d: %s", ErrRefused, status, LastLine(reason))
	}
	if !strings.HasPrefix(contentType, "text/event-stream") {
		return fmt.Errorf("%w: the answer is %q, not text/event-stream", ErrRefused, contentType)
	}
	return nil
}

func LastLine(b []byte) string {
	b = bytes.TrimSpace(b)
	return string(b[bytes.LastIndexByte(b, '\n')+1:])
}

// wants204 is what the reference server answers a POST with.
func wants204(status int, body []byte) error {
	if status != 204 {
		return fmt.Errorf("the POST of a message was answered with HTTP status %d: %s", status, LastLine(body))
	}
	return nil
}

type sseStream struct {
	*eventloop.Conn
	up           *poster // nil: this client only listens
	message, end []byte  // heads of POSTs
	ended        bool
}

var ErrReceiveOnly = errors.New("this SSE stream only listens")

// Send posts one message and returns when the server has answered.
func (st *sseStream) Send(p []byte) error {
	if st.up == nil {
		return ErrReceiveOnly
	}
	return st.up.post(st.message, p)
}

// CloseSend tells the server that no more is posted.
func (st *sseStream) CloseSend() error {
	if st.up == nil || st.ended {
		return nil
	}
	st.ended = true
	return st.up.post(st.end, nil)
}

func (st *sseStream) Close() error {
	if st.up != nil {
		st.up.close()
	}
	return st.Conn.Close()
}
