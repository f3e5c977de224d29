package framing

import (
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// A BenchMessage is a message for BenchCodec, by default the Message of bench.proto. It
// belongs to one goroutine.
type BenchMessage struct {
	// BenchCodec and protobuf write the same bytes and read each other's.
	Payload []byte
	// Raw means that Payload is a whole encoded message, of any type.
	Raw bool
	// Pool holds the encoded message until it is written. Without one, memory is allocated as by grpc-go's
	// protobuf codec.
	Pool mem.BufferPool
	buf  []byte
}

// BenchCodec encodes and decodes each BenchMessage for grpc-go without protobuf
// reflection. Other messages are passed to grpc-go's protobuf codec. It implements
// encoding.CodecV2. The zero value is ready to use, by any goroutine.
type BenchCodec struct{}

var protobuf = encoding.GetCodecV2(grpcproto.Name)

// payloadField is the field of the payload.
const payloadField = 1

// Name implements encoding.CodecV2. The wire format is protobuf's.
func (BenchCodec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2. grpc-go may keep the message until it is written,
// so Marshal copies it.
func (BenchCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(*BenchMessage)
	if !ok {
		return protobuf.Marshal(v)
	}
	size, encode := len(m.Payload), appendRaw
	if !m.Raw {
		size, encode = benchMessageSize(size), AppendBenchMessage
	}
	pool := m.Pool
	switch {
	case pool != nil:
	case mem.IsBelowBufferPoolingThreshold(size): // grpc-go's pool would not get it back
		return mem.BufferSlice{mem.SliceBuffer(encode(make([]byte, 0, size), m.Payload))}, nil
	default:
		pool = mem.DefaultBufferPool()
	}
	buf := pool.Get(size)
	*buf = encode((*buf)[:0], m.Payload)
	return mem.BufferSlice{mem.NewBuffer(buf, pool)}, nil
}

func appendRaw(dst, payload []byte) []byte { return append(dst, payload...) }

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
	if m.Raw {
		m.Payload = m.buf
		return nil
	}
	var err error
	m.Payload, err = ParseBenchMessage(m.buf)
	return err
}

// AppendBenchMessage appends the protobuf encoding of a Message with this payload.
func AppendBenchMessage(dst, payload []byte) []byte {
	if len(payload) == 0 {
		return dst
	}
	return protowire.AppendBytes(protowire.AppendTag(dst, payloadField, protowire.BytesType), payload)
}

func benchMessageSize(payload int) int {
	if payload == 0 {
		return 0
	}
	return protowire.SizeTag(payloadField) + protowire.SizeBytes(payload)
}

// ParseBenchMessage returns the payload of an encoded Message, which points into b. As in
// protobuf, unknown fields are skipped and the last of several payloads counts. The only
// error is ErrMalformed.
func ParseBenchMessage(b []byte) (payload []byte, err error) {
	payload = empty
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, ErrMalformed
		}
		b = b[n:]
		used := protowire.ConsumeFieldValue(field, kind, b)
		if used < 0 {
			return nil, ErrMalformed
		}
		if field == payloadField && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(b)
			payload = value[:len(value):len(value)]
		}
		b = b[used:]
	}
	return payload, nil
}
