package sse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/httpwire"
)

// dialTimeout bounds a reconnect in the middle of a stream.
const dialTimeout = 10 * time.Second

// A poster sends POSTs over a persistent HTTP/1.1 connection, one at a time. Its methods, except close,
// belong to the goroutine that sends. A POST does not allocate once the buffers have grown.
type poster struct {
	target driver.Target
	// reconnects makes post retry if the server closed the connection between two POSTs.
	reconnects bool
	// maxBody is the longest response body, in bytes. A longer one ends the connection.
	maxBody int
	// returnsRedirects makes post return redirects as *redirectError and keep the connection.
	returnsRedirects bool
	// check checks a response.
	check func(status int, body []byte) error

	in       *httpwire.ResponseReader
	out      []byte
	response fasthttp.Response
	chunks   []byte // a chunked response body

	ctx  context.Context // ends with close
	stop context.CancelFunc
	mu   sync.Mutex
	nc   net.Conn // nil if not connected
}

func newPoster(t driver.Target, maxBody int, check func(int, []byte) error) *poster {
	u := &poster{target: t, maxBody: maxBody, check: check}
	u.ctx, u.stop = context.WithCancel(context.Background())
	return u
}

// postHead returns the head of a POST up to the value of its Content-Length. lines holds more header
// lines, each with its line ending.
func postHead(uri, host, lines string) []byte {
	return []byte("POST " + uri + " HTTP/1.1\r\nHost: " + host + "\r\n" + lines + "Content-Length: ")
}

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

// post sends head and p and waits for the response.
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

// exchange sends u.out and reads the response. It disconnects if the connection cannot be reused.
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

// readBody reads the response body. ended reports that the connection cannot be reused.
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

// disconnect closes the connection. The next POST reconnects.
func (u *poster) disconnect() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.nc != nil {
		_ = u.nc.Close()
		u.nc = nil
	}
}

// close ends the poster and aborts a POST. Any goroutine may call it, more than once.
func (u *poster) close() {
	u.stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.nc != nil {
		_ = u.nc.Close()
	}
}
