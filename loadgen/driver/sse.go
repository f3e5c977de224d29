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
	"strconv"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/wire"
)

// sseDriver speaks SSE over HTTP/1.1. A stream has a connection for its events
// and, where the client sends, a second one for its POSTs: one POST a message,
// each answered before the next.
type sseDriver struct{ target Target }

func (d sseDriver) Open(ctx context.Context, c proto.Call) (Stream, error) {
	uri := benchPath + "?session=" + rand.Text()
	events, chunked, rest, err := d.get(ctx, uri+"&"+c.Encode())
	if err != nil {
		return nil, err
	}
	st := &sseStream{Conn: wire.NewConn(events, &wire.SSE{Text: c.Text, Chunked: chunked}, rest)}
	if !c.Pattern.FromServer() {
		up, err := d.target.connect(ctx, "http/1.1")
		if err != nil {
			_ = events.Close()
			return nil, err
		}
		st.up = newPoster(up, d.target.Address, uri)
	}
	return st, nil
}

func (d sseDriver) Close() error { return nil }

// get opens the event stream.
func (d sseDriver) get(ctx context.Context, uri string) (nc net.Conn, chunked bool, rest []byte, err error) {
	nc, err = d.target.connect(ctx, "http/1.1")
	if err != nil {
		return nil, false, nil, err
	}
	err = within(ctx, nc, func() error {
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
		return fmt.Errorf("%w: HTTP status %d: %s", ErrRefused, status, lastLine(reason))
	}
	if !strings.HasPrefix(contentType, "text/event-stream") {
		return fmt.Errorf("%w: the answer is %q, not text/event-stream", ErrRefused, contentType)
	}
	return nil
}

func lastLine(b []byte) string {
	b = bytes.TrimSpace(b)
	return string(b[bytes.LastIndexByte(b, '\n')+1:])
}

type sseStream struct {
	*wire.Conn
	up *poster
}

var errNoWayUp = errors.New("this SSE stream only listens")

// Send posts one message and returns when the server has answered.
func (st *sseStream) Send(p []byte) error {
	if st.up == nil {
		return errNoWayUp
	}
	return st.up.post(p, false)
}

// CloseSend tells the server that no more is posted.
func (st *sseStream) CloseSend() error {
	if st.up == nil || st.up.ended {
		return nil
	}
	st.up.ended = true
	return st.up.post(nil, true)
}

func (st *sseStream) Close() error {
	if st.up != nil {
		st.up.close()
	}
	return st.Conn.Close()
}

// A poster sends POSTs on one kept-alive connection, one after the other. It
// belongs to the goroutine that sends, close excepted.
type poster struct {
	nc       net.Conn
	br       *bufio.Reader
	head     []byte // of a request, up to the value of its Content-Length
	endHead  []byte
	out      []byte
	response fasthttp.Response
	ended    bool
	once     sync.Once
}

func newPoster(nc net.Conn, host, uri string) *poster {
	line := func(uri string) []byte {
		return []byte("POST " + uri + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/octet-stream\r\nContent-Length: ")
	}
	return &poster{nc: nc, br: bufio.NewReaderSize(nc, 1<<10), head: line(uri), endHead: line(uri + "&end=1")}
}

func (u *poster) post(p []byte, end bool) error {
	head := u.head
	if end {
		head = u.endHead
	}
	u.out = append(u.out[:0], head...)
	u.out = strconv.AppendInt(u.out, int64(len(p)), 10)
	u.out = append(u.out, "\r\n\r\n"...)
	u.out = append(u.out, p...)
	if _, err := u.nc.Write(u.out); err != nil {
		return err
	}
	if err := u.response.ReadLimitBody(u.br, 4<<10); err != nil {
		return err
	}
	if s := u.response.StatusCode(); s != 204 {
		return fmt.Errorf("the POST of a message was answered with HTTP status %d: %s", s, lastLine(u.response.Body()))
	}
	return nil
}

func (u *poster) close() { u.once.Do(func() { _ = u.nc.Close() }) }
