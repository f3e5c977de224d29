package codec

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	ours "rtbench/proto"
	"rtbench/proto/benchpb"
)

// A Transcoder converts messages between the text form and a native encoding. It belongs
// to one direction of one stream.
type Transcoder interface {
	// Append appends message p, encoded, to dst. It does not retain p.
	Append(dst, p []byte) ([]byte, error)
	// Decode returns the message encoded in b, valid until the next Decode.
	Decode(b []byte) ([]byte, error)
}

// For returns a new transcoder for a protocol: protobuf over gRPC, JSON otherwise.
func For(protocol string) Transcoder {
	if protocol == "grpc" || protocol == "grpc-lean" {
		return &protobufCodec{}
	}
	return &jsonCodec{}
}

// ErrEncoding reports bytes that are not a message in the native encoding.
var ErrEncoding = errors.New("not a message in the native encoding")

// fields are the fields of an encoded message.
type fields struct {
	Seq      uint64 `json:"seq"`
	Intended int64  `json:"intended"`
	Sent     int64  `json:"sent"`
	Stream   uint32 `json:"stream"`
	Checksum uint32 `json:"checksum"`
	Body     string `json:"body"`
}

// The text form is a base64 header (package proto) followed by the body.
var headerText = base64.RawStdEncoding

func split(p []byte) (f fields, err error) {
	var raw [ours.HeaderSize]byte
	if len(p) < ours.TextHeaderSize {
		return f, ErrEncoding
	}
	if _, err := headerText.Decode(raw[:], p[:ours.TextHeaderSize]); err != nil {
		return f, ErrEncoding
	}
	return fields{
		Seq:      binary.BigEndian.Uint64(raw[:]),
		Intended: int64(binary.BigEndian.Uint64(raw[8:])),
		Sent:     int64(binary.BigEndian.Uint64(raw[16:])),
		Stream:   binary.BigEndian.Uint32(raw[24:]),
		Checksum: binary.BigEndian.Uint32(raw[28:]),
		Body:     string(p[ours.TextHeaderSize:]),
	}, nil
}

func (f *fields) join(dst []byte) []byte {
	raw := make([]byte, 0, ours.HeaderSize)
	raw = binary.BigEndian.AppendUint64(raw, f.Seq)
	raw = binary.BigEndian.AppendUint64(raw, uint64(f.Intended))
	raw = binary.BigEndian.AppendUint64(raw, uint64(f.Sent))
	raw = binary.BigEndian.AppendUint32(raw, f.Stream)
	raw = binary.BigEndian.AppendUint32(raw, f.Checksum)
	return append(headerText.AppendEncode(dst, raw), f.Body...)
}

type jsonCodec struct{ out []byte }

func (c *jsonCodec) Append(dst, p []byte) ([]byte, error) {
	f, err := split(p)
	if err != nil {
		return dst, err
	}
	b, err := json.Marshal(&f)
	return append(dst, b...), err
}

func (c *jsonCodec) Decode(b []byte) ([]byte, error) {
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	c.out = f.join(c.out[:0])
	return c.out, nil
}

type protobufCodec struct {
	record benchpb.Record
	out    []byte
}

func (c *protobufCodec) Append(dst, p []byte) ([]byte, error) {
	f, err := split(p)
	if err != nil {
		return dst, err
	}
	r := &c.record
	r.Seq, r.Intended, r.Sent, r.Stream, r.Checksum, r.Body = f.Seq, f.Intended, f.Sent, f.Stream, f.Checksum, f.Body
	return proto.MarshalOptions{}.MarshalAppend(dst, r)
}

func (c *protobufCodec) Decode(b []byte) ([]byte, error) {
	r := &c.record
	if err := proto.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	f := fields{r.GetSeq(), r.GetIntended(), r.GetSent(), r.GetStream(), r.GetChecksum(), r.GetBody()}
	c.out = f.join(c.out[:0])
	return c.out, nil
}
