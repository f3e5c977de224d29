package sse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// dialTimeout bounds a connection that is made in the middle of a stream.
const dialTimeout = 10 * time.Second

// A poster sends POSTs on one kept-alive connection, one after the other. It
// belongs to the goroutine that sends, close excepted. A POST costs no allocation once the
// buffers have grown.
type poster struct {
	target driver.Target
	// reconnects has a connection made anew that the server has closed between two POSTs.
	reconnects bool
	// maxBody is how much of an answer's body is read; where it is longer the connection is
	// of no more use.
	maxBody int
	// returnsRedirects makes post return a redirect as a movedError, and keep the connection.
	returnsRedirects bool
	// check says what is wrong with an answer, if anything.
	check func(status int, body []byte) error

	in       *httpwire.ResponseReader
	out      []byte
	response fasthttp.Response
	chunks   []byte // the body of an answer in chunks

	ctx  context.Context // ends with close
	stop context.CancelFunc
	mu   sync.Mutex
	nc   net.Conn // nil: there is none
}

func newPoster(t driver.Target, most int, check func(int, []byte) error) *poster {
	u := &poster{target: t, maxBody: most, check: check}
	u.ctx, u.stop = context.WithCancel(context.Background())
	return u
}

// postHead is the head of a POST up to the value of its Content-Length. more are lines of
// it, each with its end.
func postHead(uri, host, more string) []byte {
	return []byte("POST " + uri + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "Content-Length: ")
}

// connect makes the connection.
func (u *poster) connect(ctx context.Context) error {
	nc, err := u.target.Connect(ctx, "http/1.1")
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ctx.Err() != nil {
		_ = nc.Close()
		return net.ErrClosed
	}
	u.nc, u.in = nc, httpwire.NewResponseReader(nc, 1<<10)
	return nil
}

// post sends p behind a head and returns when the server has answered.
func (u *poster) post(head, p []byte) error {
	u.out = append(u.out[:0], head...)
	u.out = strconv.AppendInt(u.out, int64(len(p)), 10)
	u.out = append(u.out, "\r\n\r\n"...)
	u.out = append(u.out, p...)
	kept := u.nc != nil
	for {
		if u.nc == nil {
			if err := u.reconnect(); err != nil {
				return fmt.Errorf("%w: %w", driver.ErrNotSent, err)
			}
		}
		err := u.exchange()
		if err != nil && asRedirect(err) == nil {
			u.disconnect()
		}
		if err == nil || !u.reconnects || !kept || u.in.Received || u.ctx.Err() != nil {
			return err
		}
		kept = false
	}
}

func (u *poster) reconnect() error {
	ctx, cancel := context.WithTimeout(u.ctx, dialTimeout)
	defer cancel()
	err := u.connect(ctx)
	if u.ctx.Err() != nil {
		return net.ErrClosed
	}
	return err
}

// exchange sends what is in out and takes the answer. The connection is dropped where it
// takes no more.
func (u *poster) exchange() error {
	u.in.Received = false
	h := &u.response.Header
	if err := u.in.RoundTrip(u.out, h); err != nil {
		return err
	}
	ended, err := u.readBody()
	if err != nil {
		return err
	}
	if ended || h.ConnectionClose() {
		u.disconnect()
	}
	status := h.StatusCode()
	if u.returnsRedirects && isRedirect(status) {
		return &redirectError{status, string(h.Peek("Location"))}
	}
	if h.ContentLength() == -1 {
		return u.check(status, u.chunks)
	}
	return u.check(status, u.response.Body())
}

// readBody reads the body of the answer. The connection has ended with it, or is of no more
// use, where it says so.
func (u *poster) readBody() (ended bool, err error) {
	h := &u.response.Header
	if status := h.StatusCode(); status == 204 || status == 304 {
		u.response.ResetBody()
		u.chunks = u.chunks[:0]
		return false, nil
	}
	length := h.ContentLength()
	if length == -1 {
		u.chunks, err = httpwire.ReadChunked(u.in.Buf, u.chunks[:0], u.maxBody)
	} else {
		err = u.response.ReadBody(u.in.Buf, u.maxBody)
	}
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		return true, nil
	}
	return length == -2, u.in.Cause(err)
}

// disconnect closes the connection: another is made for the next POST, where there may be one.
func (u *poster) disconnect() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.nc != nil {
		_ = u.nc.Close()
		u.nc = nil
	}
}

// close ends the poster and breaks off what it is doing. Any goroutine, any number of
// times.
func (u *poster) close() {
	u.stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.nc != nil {
		_ = u.nc.Close()
	}
}

// An messagePoster posts messages of either kind on a connection of HTTP/1.1.
type messagePoster struct {
	*poster
	json, text         httpwire.Request
	jsonHead, textHead []byte
}

func newMessagePoster(up *poster, base httpwire.Request, u *url.URL) *messagePoster {
	p := &messagePoster{poster: up, json: base.Post(u, jsonType), text: base.Post(u, textType)}
	p.jsonHead, p.textHead = requestHead(p.json), requestHead(p.text)
	return p
}

func requestHead(r httpwire.Request) []byte {
	return postHead(r.URL.RequestURI(), r.Host, r.HeaderLines())
}

func (u *messagePoster) post(p []byte) error {
	r, head := &u.text, u.textHead
	if looksLikeJSON(p) {
		r, head = &u.json, u.jsonHead
	}
	err := u.poster.post(head, p)
	if err == nil {
		return nil
	}
	return followPostRedirects(r, err, func(next httpwire.Request) error { return u.poster.post(requestHead(next), p) })
}

// checkPost says what is wrong with the answer to a POST of a message, if anything.
func checkPost(status int, body []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	return fmt.Errorf("%w: %w", driver.ErrMessageFailed, httpwire.RefuseStatus("the POST of a message", status, body, "")) // the events go on
}

// maxPostResponse is how much of such an answer's body is read, and dropped: what HTTP/2 lets
// a stream have at first.
const maxPostResponse = 64<<10 - 1
