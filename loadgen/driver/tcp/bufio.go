package tcp

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"

	"rtbench/loadgen/driver"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

type stockClient struct{ target driver.Target }

// NewStock returns a driver that uses net and bufio.
func NewStock(t driver.Target) driver.Driver { return stockClient{t} }

func (d stockClient) Open(ctx context.Context, e *driver.Endpoint) (*driver.Stream, error) {
	nc, err := d.target.Connect(ctx)
	if err != nil {
		return nil, err
	}
	b := buffered{nc: nc, in: bufio.NewReader(nc), out: bufio.NewWriter(nc), limit: cmp.Or(e.Limit, proto.MaxSize)}
	var st driver.Conn = &lines{buffered: b}
	if e.Lengths {
		st = &lengths{buffered: b}
	}
	if e.Hello == nil {
		return &driver.Stream{Conn: st}, nil
	}
	return &driver.Stream{Conn: st}, driver.Handshake(ctx, nc, func() error { return driver.Greet(st, e.Hello) })
}

func (d stockClient) Close() error { return nil }

// buffered is a connection with its buffers.
type buffered struct {
	nc    net.Conn
	in    *bufio.Reader
	out   *bufio.Writer
	limit int
	ended bool
}

// CloseSend implements driver.Conn.
func (b *buffered) CloseSend() error {
	if b.ended {
		return nil
	}
	b.ended = true
	if half, ok := b.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements driver.Conn.
func (b *buffered) Close() error { return b.nc.Close() }

// send writes the parts of a message at once.
func (b *buffered) send(parts ...[]byte) error {
	if b.ended {
		return eventloop.ErrSendAfterEnd
	}
	for _, p := range parts {
		if _, err := b.out.Write(p); err != nil {
			return err
		}
	}
	return b.out.Flush()
}

// lengths precede each message.
type lengths struct {
	buffered
	head    [4]byte
	message []byte
}

func (st *lengths) Send(p []byte) error {
	binary.BigEndian.PutUint32(st.head[:], uint32(len(p)))
	return st.send(st.head[:], p)
}

func (st *lengths) Recv() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(st.in, head[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(head[:])
	if int64(length) > int64(st.limit) {
		return nil, framing.TooLong(st.limit)
	}
	n := int(length)
	if n > cap(st.message) {
		st.message = make([]byte, n)
	}
	st.message = st.message[:n]
	_, err := io.ReadFull(st.in, st.message)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return st.message, err
}

// lines end each message.
type lines struct {
	buffered
	line []byte
}

func (st *lines) Send(p []byte) error { return st.send(p, []byte("\n")) }

func (st *lines) Recv() ([]byte, error) {
	st.line = st.line[:0]
	for {
		part, err := st.in.ReadSlice('\n')
		st.line = append(st.line, part...)
		switch {
		case err == nil:
			line := bytes.TrimSuffix(st.line[:len(st.line)-1], []byte("\r"))
			if len(line) > st.limit {
				return nil, framing.TooLong(st.limit)
			}
			return line, nil
		case len(st.line) > st.limit+2:
			return nil, framing.TooLong(st.limit)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(st.line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}
