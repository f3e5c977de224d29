package httpwire

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/valyala/fasthttp"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// A ResponseReader reads response heads from an HTTP/1.1 connection.
type ResponseReader struct {
	Buf      *bufio.Reader // of the connection; positioned after the head
	Received bool          // some bytes were read
	nc       net.Conn
	err      error // of nc
}

// maxHead is the longest response head, in bytes.
const maxHead = 64 << 10

// NewResponseReader returns a reader with a buffer of size bytes, which grows if a head is longer.
func NewResponseReader(nc net.Conn, size int) *ResponseReader {
	r := &ResponseReader{nc: nc}
	r.Buf = bufio.NewReaderSize(r, size)
	return r
}

// Read implements io.Reader.
func (r *ResponseReader) Read(p []byte) (int, error) {
	n, err := r.nc.Read(p)
	r.Received, r.err = r.Received || n > 0, err
	return n, err
}

// readHead reads the next response head and skips interim responses.
func (r *ResponseReader) readHead(h *fasthttp.ResponseHeader) error {
	for interim := 0; ; {
		if err := r.checkStart(); err != nil {
			return err
		}
		err := h.Read(r.Buf)
		switch {
		case err == nil && (h.StatusCode() >= 200 || h.StatusCode() == 101):
			return nil
		case err != nil:
			return r.Cause(err)
		default:
			if interim++; interim > 10 {
				return driver.Refuse("malformed HTTP", "more than 10 interim responses (HTTP status %d)", h.StatusCode())
			}
		}
	}
}

// checkStart waits for a response head and returns an error if it is not HTTP/1.
func (r *ResponseReader) checkStart() error {
	const prefix = "HTTP/1."
	for n := 1; n <= len(prefix); n++ {
		b, err := r.Buf.Peek(n)
		if string(b) != prefix[:len(b)] {
			b, _ = r.Buf.Peek(min(r.Buf.Buffered(), 40))
			return driver.Refuse("not HTTP", "the response is not HTTP/1: it starts with %q", FirstLine(b))
		}
		if err != nil {
			return r.Cause(err)
		}
	}
	return r.completeHead()
}

// RoundTrip sends a request and reads the response head, which may arrive before the whole request is
// sent.
func (r *ResponseReader) RoundTrip(request []byte, h *fasthttp.ResponseHeader) error {
	_, errWrite := r.nc.Write(request)
	if err := r.readHead(h); err != nil {
		return cmp.Or(errWrite, err)
	}
	return nil
}

// Bounds on reading the body of a refusal.
const (
	SampleTimeout = time.Second
	MaxSample     = 4 << 10 // bytes
)

// ReadSample returns the start of a body with the given BodyLength. The connection cannot be used
// afterwards.
func (r *ResponseReader) ReadSample(ctx context.Context, length int) []byte {
	_ = r.nc.SetReadDeadline(time.Now().Add(SampleTimeout))
	defer context.AfterFunc(ctx, func() { _ = r.nc.SetReadDeadline(time.Unix(1, 0)) })()
	b, _, _ := r.ReadBody(nil, length, MaxSample)
	return b
}

// ReadBody appends a body with the given BodyLength to dst, up to limit bytes. It does not allocate if
// dst is large enough. whole reports that another response may follow on the connection.
func (r *ResponseReader) ReadBody(dst []byte, length, limit int) (body []byte, whole bool, err error) {
	switch {
	case length == -1:
		dst, whole, err = readChunked(r.Buf, dst, limit)
	case length < 0:
		var b []byte
		b, err = io.ReadAll(io.LimitReader(r.Buf, int64(limit)))
		dst = append(dst, b...)
	default:
		n := min(length, limit)
		dst, err = readFull(r.Buf, dst, n)
		whole = n == length
	}
	return dst, whole, r.Cause(err)
}

// readChunked appends a chunked body to dst and reads its trailer. If the body is longer than limit, it
// returns the start of the body and whole is false.
func readChunked(br *bufio.Reader, dst []byte, limit int) (body []byte, whole bool, err error) {
	var chunks framing.ChunkDecoder
	for {
		b, _ := br.Peek(br.Buffered())
		data, before, ended, err := chunks.Next(b)
		n := min(len(data), limit-len(dst))
		dst = append(dst, data[:n]...)
		chunks.Spend(n)
		_, _ = br.Discard(before + n)
		switch {
		case ended || err != nil || n < len(data):
			return dst, ended, err
		case n == 0:
			if _, err := br.Peek(br.Buffered() + 1); err != nil {
				return dst, false, err
			}
		}
	}
}

// readFull appends the next n bytes to dst.
func readFull(br *bufio.Reader, dst []byte, n int) ([]byte, error) {
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	n, err := io.ReadFull(br, dst[start:])
	return dst[:start+n], err
}

// BodyLength returns the length of a response body: -1 if it is chunked, -2 if it ends with the
// connection. Some statuses have no body, whatever the header says (RFC 9112, section 6.3).
func BodyLength(head *fasthttp.ResponseHeader) int {
	switch head.StatusCode() {
	case fasthttp.StatusNoContent, fasthttp.StatusNotModified:
		return 0
	}
	return head.ContentLength()
}

// Cause returns the cause of an error from parsing a response: the connection's error if it has one.
func (r *ResponseReader) Cause(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(r.err, io.EOF):
		return fmt.Errorf("the server closed the connection without a response: %w", io.ErrUnexpectedEOF)
	case r.err != nil:
		return r.err
	}
	return driver.Refuse("malformed HTTP", "the response is not valid HTTP") // the parser's error quotes headers
}
