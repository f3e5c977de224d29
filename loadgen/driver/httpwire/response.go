package httpwire

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
)

// An ResponseReader reads the heads of HTTP/1.1's answers from a connection.
type ResponseReader struct {
	nc       net.Conn
	Buf      *bufio.Reader
	Received bool  // something was read
	err      error // of nc
}

// maxHead is the longest head of an answer, in bytes.
const maxHead = 64 << 10

// NewResponseReader begins with a buffer of size bytes, which grows where a head needs it.
func NewResponseReader(nc net.Conn, size int) *ResponseReader {
	a := &ResponseReader{nc: nc}
	a.Buf = bufio.NewReaderSize(a, size)
	return a
}

// Read implements io.Reader.
func (a *ResponseReader) Read(p []byte) (int, error) {
	n, err := a.nc.Read(p)
	a.Received, a.err = a.Received || n > 0, err
	return n, err
}

// readHead reads the head of the next answer that is not an interim one.
func (a *ResponseReader) readHead(h *fasthttp.ResponseHeader) error {
	for interim := 0; ; {
		if err := a.checkStart(); err != nil {
			return err
		}
		err := h.Read(a.Buf)
		switch {
		case err == nil && (h.StatusCode() >= 200 || h.StatusCode() == 101):
			return nil
		case err != nil:
			if err = a.parseError(err); err != nil {
				return err
			}
		default:
			if interim++; interim > 10 {
				return driver.Refuse("malformed HTTP", "it answers with one HTTP status %d after another", h.StatusCode())
			}
		}
	}
}

// checkStart waits for the head of an answer, and says if it is none of HTTP's.
func (a *ResponseReader) checkStart() error {
	const begin = "HTTP/1."
	for n := 1; n <= len(begin); n++ {
		b, err := a.Buf.Peek(n)
		if string(b) != begin[:len(b)] {
			b, _ = a.Buf.Peek(min(a.Buf.Buffered(), 40))
			return driver.Refuse("not HTTP", "what answers is not HTTP/1: it begins with %q", FirstLine(b))
		}
		if err != nil {
			return a.Cause(err)
		}
	}
	return a.completeHead()
}

// parseError makes the buffer larger where the parser failed for want of room, and else
// returns what has caused the failure.
func (a *ResponseReader) parseError(err error) error {
	var small *fasthttp.ErrSmallBuffer
	switch {
	case !errors.As(err, &small):
		return a.Cause(err)
	}
	return a.grow()
}

// RoundTrip sends a request and reads the head of its answer, which may have come before all
// was sent.
func (a *ResponseReader) RoundTrip(request []byte, h *fasthttp.ResponseHeader) error {
	_, errWrite := a.nc.Write(request)
	if err := a.readHead(h); err != nil {
		return cmp.Or(errWrite, err)
	}
	return nil
}

// sampleBound is how long the body of a refusal is waited for, and maxSample how much of it.
const (
	SampleTimeout = time.Second
	MaxSample     = 4 << 10
)

// ReadSample returns the beginning of a body, of which length is the Content-Length, -1 where
// it is chunked and -2 where it ends with the connection. That is of no more use then.
func (a *ResponseReader) ReadSample(ctx context.Context, length int) []byte {
	_ = a.nc.SetReadDeadline(time.Now().Add(SampleTimeout))
	defer context.AfterFunc(ctx, func() { _ = a.nc.SetReadDeadline(time.Unix(1, 0)) })()
	if length == -1 {
		b, _ := ReadChunked(a.Buf, nil, MaxSample)
		return b
	}
	if length < 0 || length > MaxSample {
		length = MaxSample
	}
	b, _ := io.ReadAll(io.LimitReader(a.Buf, int64(length)))
	return b
}

// BodyLength is the length of an answer's body: −1 where it is chunked, −2 where it ends with
// the connection. Some have none, whatever they say (RFC 9112, section 6.3).
func BodyLength(head *fasthttp.ResponseHeader) int {
	switch head.StatusCode() {
	case fasthttp.StatusNoContent, fasthttp.StatusNotModified:
		return 0
	}
	return head.ContentLength()
}

// Cause is what has caused err, of a parser of what came: the connection, or what came.
func (a *ResponseReader) Cause(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(a.err, io.EOF):
		return fmt.Errorf("the server closed the connection in the place of an answer: %w", io.ErrUnexpectedEOF)
	case a.err != nil:
		return a.err
	}
	return driver.Refuse("malformed HTTP", "its answer is not HTTP as it has to be") // a parser's words have headers in them
}
