package sse

import (
	"context"
	"net"
	"strconv"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// http1 opens a connection for the events of each stream and another one for its POSTs.
type http1 struct{ target driver.Target }

func (t http1) requestEvents(ctx context.Context, r httpwire.Request, in *framing.EventStream) (*response, error) {
	nc, err := t.target.Connect(ctx, "http/1.1")
	if err != nil {
		return nil, err
	}
	reader := httpwire.NewResponseReader(nc, 4<<10)
	var head fasthttp.ResponseHeader
	head.SetNoDefaultContentType(true)
	err = driver.Handshake(ctx, nc, func() error { return reader.RoundTrip(r.Encode(), &head) })
	if err != nil {
		return nil, err
	}
	length := httpwire.BodyLength(&head)
	in.Chunked, in.Sized, in.Left = length == -1, length >= 0, int64(max(0, length))
	buffered, _ := reader.Buf.Peek(reader.Buf.Buffered())
	conn := eventloop.NewConn(nc, in, buffered)
	return &response{
		status: head.StatusCode(), header: func(name string) string { return string(head.Peek(name)) },
		sample: func() []byte { return reader.ReadSample(ctx, length) },
		conn:   conn, driven: conn,
	}, nil
}

func (t http1) postLinks(e *driver.Endpoint) (dial func(context.Context) (link, error), shared bool) {
	target, _ := postTarget(t.target, e)
	return func(ctx context.Context) (link, error) {
		nc, err := target.Connect(ctx, "http/1.1")
		if err != nil {
			return nil, err
		}
		return &http1Link{nc: nc, in: httpwire.NewResponseReader(nc, 1<<10)}, nil
	}, false
}

// Close implements driver.Driver. Streams close their own connections.
func (t http1) Close() error { return nil }

// An http1Link is a persistent connection.
type http1Link struct {
	nc        net.Conn
	in        *httpwire.ResponseReader
	head      fasthttp.ResponseHeader
	out, body []byte
	gone      bool
}

func (l *http1Link) usable() bool { return !l.gone }

func (l *http1Link) post(r *postRequest, p []byte) (a answer, unprocessed bool, err error) {
	if r.head == nil {
		r.head = []byte("POST " + r.URL.RequestURI() + " HTTP/1.1\r\nHost: " + r.Host + "\r\n" + r.HeaderLines() + "Content-Length: ")
	}
	l.out = append(l.out[:0], r.head...)
	l.out = strconv.AppendInt(l.out, int64(len(p)), 10)
	l.out = append(l.out, "\r\n\r\n"...)
	l.out = append(l.out, p...)
	l.in.Received = false
	if a, err = l.exchange(); err != nil || l.gone {
		l.gone = true
		_ = l.nc.Close()
	}
	return a, !l.in.Received, err
}

// exchange sends l.out and reads the response.
func (l *http1Link) exchange() (a answer, err error) {
	if err = l.in.RoundTrip(l.out, &l.head); err != nil {
		return a, err
	}
	whole := false
	if l.body, whole, err = l.in.ReadBody(l.body[:0], httpwire.BodyLength(&l.head), maxPostResponse); err != nil {
		return a, err
	}
	l.gone = !whole || l.head.ConnectionClose()
	a = answer{status: l.head.StatusCode(), body: l.body}
	if isRedirect(a.status) {
		a.location = string(l.head.Peek("Location"))
	}
	return a, nil
}

// Close implements link.
func (l *http1Link) Close() error { return l.nc.Close() }
