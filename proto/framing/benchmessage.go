package framing

import (
	"encoding/binary"

	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// A BenchMessage is the Message of bench.proto for BenchCodec. It belongs to one
// goroutine.
type BenchMessage struct {
	// BenchCodec and protobuf write the same bytes and read each other's.
	Payload []byte
	buf     []byte
}

// BenchCodec encodes and decodes the Message of bench.proto for grpc-go without protobuf
// reflection: its only field holds raw bytes. Other messages are passed to grpc-go's
// protobuf codec. It implements encoding.CodecV2. The zero value is ready to use, by any
// goroutine.
type BenchCodec struct{}

var protobuf = encoding.GetCodecV2(grpcproto.Name)

// payloadTag is the tag of field 1, length-delimited (protobuf encoding guide, "Message
// Structure").
const payloadTag = 1<<3 | 2

// Name implements encoding.CodecV2. The wire format is protobuf's.
func (BenchCodec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2. grpc-go may keep the message until it is written,
// so Marshal copies it into a pooled buffer.
func (BenchCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(*BenchMessage)
	if !ok {
		return protobuf.Marshal(v)
	}
	pool := mem.DefaultBufferPool()
	buf := pool.Get(1 + binary.MaxVarintLen32 + len(m.Payload))
	*buf = AppendBenchMessage((*buf)[:0], m.Payload)
	return mem.BufferSlice{mem.NewBuffer(buf, pool)}, nil
}

// Unmarshal implements encoding.CodecV2.
func (BenchCodec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*BenchMessage)
	if !ok {
		return protobuf.Unmarshal(data, v)
	}
	if n := data.Len(); cap(m.buf) < n {
		m.buf = make([]byte, n)
	} else {
		m.buf = m.buf[:n]
	}
	data.CopyTo(m.buf)
	var err error
	m.Payload, err = ParseBenchMessage(m.buf)
	return err
}

// AppendBenchMessage appends the protobuf encoding of a Message with this payload.
func AppendBenchMessage(dst, payload []byte) []byte {
	if len(payload) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(append(dst, payloadTag), uint64(len(payload)))
	return append(dst, payload...)
}

// ParseBenchMessage returns the payload of an encoded Message, which points into b. As in
// protobuf, unknown fields are skipped and the last of several payloads counts. The only
// error is ErrMalformed.
func ParseBenchMessage(b []byte) (payload []byte, err error) {
	payload = empty
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, ErrMalformed
		}
		value, size, ok := fieldValue(tag&7, b[n:])
		if !ok {
			return nil, ErrMalformed
		}
		if tag == payloadTag {
			payload = value
		}
		b = b[n+size:]
	}
	return payload, nil
}

// fieldValue returns a field's value and size by its wire type.
func fieldValue(wireType uint64, b []byte) (value []byte, size int, ok bool) {
	switch wireType {
	case 0:
		_, n := binary.Uvarint(b)
		return nil, n, n > 0
	case 1:
		return nil, 8, len(b) >= 8
	case 2:
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return nil, 0, false
		}
		end := n + int(length)
		return b[n:end:end], end, true
	case 5:
		return nil, 4, len(b) >= 4
	}
	return nil, 0, false
}
