package sse

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// An eventReader reads the events of a body with a bufio.Scanner. It notes its position in in.
type eventReader struct {
	in      *framing.EventStream
	lines   *bufio.Scanner
	limit   int // of the data of an event, in bytes
	close   func() error
	data    []byte
	decoded []byte
}

func newEventReader(body io.Reader, in *framing.EventStream, closeBody func() error) *eventReader {
	r := &eventReader{in: in, lines: bufio.NewScanner(body), limit: cmp.Or(in.Limit, proto.MaxSize), close: closeBody}
	if in.Base64 {
		r.limit = base64.StdEncoding.EncodedLen(r.limit)
	}
	r.lines.Buffer(nil, r.limit+64)
	return r
}

// Send implements proto.Conn.
func (r *eventReader) Send([]byte) error { return driver.ErrReceiveOnly }

// CloseSend implements driver.Conn.
func (r *eventReader) CloseSend() error { return nil }

// Close implements driver.Conn.
func (r *eventReader) Close() error { return r.close() }

// Recv returns the data of the next event.
func (r *eventReader) Recv() ([]byte, error) {
	r.data = r.data[:0]
	hasData := false
	for r.lines.Scan() {
		line := r.lines.Bytes()
		if len(line) == 0 && hasData {
			return r.message()
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "data":
			if hasData {
				r.data = append(r.data, '\n')
			}
			if r.data, hasData = append(r.data, value...), true; len(r.data) > r.limit {
				return nil, framing.TooLong(r.limit)
			}
		case "id":
			r.in.LastID = append(r.in.LastID[:0], value...)
		case "retry":
			if ms, err := strconv.ParseUint(string(value), 10, 31); err == nil {
				r.in.Retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
	err := r.lines.Err()
	switch {
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, framing.TooLong(r.limit)
	}
	return nil, err
}

// message returns the data of the event.
func (r *eventReader) message() (_ []byte, err error) {
	if !r.in.Base64 {
		return r.data, nil
	}
	if r.decoded, err = base64.StdEncoding.AppendDecode(r.decoded[:0], r.data); err != nil {
		return nil, fmt.Errorf("%w: %w", framing.ErrMalformed, err)
	}
	return r.decoded, nil
}
