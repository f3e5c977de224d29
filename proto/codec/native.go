package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"

	ours "rtbench/proto"
	"rtbench/proto/benchpb"
)

// New returns the codec of a stream that sends m: in rtbench's format, or natively encoded.
func New(protocol string, native bool, m *ours.Message) Codec {
	if native {
		return NewNative(protocol, m)
	}
	return &Stamped{Message: m}
}

// A Native is the codec of messages encoded as applications usually do, with the usual libraries: as
// protobuf in protocols that say so, else as JSON. The difference to Stamped is the cost of
// the encoding, not of the protocol.
type Native struct {
	wire           wire
	message        *ours.Message
	sent, received fields
	out, body      []byte // encoded; received
}

// NewNative returns a native codec that sends the body of m, a message in the text form.
func NewNative(protocol string, m *ours.Message) *Native {
	n := &Native{wire: jsonWire{}, message: m, sent: fields{Body: string(m.Body())}}
	if p, _ := ours.ProtocolByName(protocol); p.Protobuf {
		n.wire = new(protobufWire)
	}
	return n
}

// fields are the fields of an encoded message.
type fields struct {
	Seq      uint64 `json:"seq"`
	Intended int64  `json:"intended"`
	Sent     int64  `json:"sent"`
	Stream   uint32 `json:"stream"`
	Checksum uint32 `json:"checksum"`
	Body     string `json:"body"`
}

// Encode implements Codec.
func (n *Native) Encode(h ours.Header) (b []byte, err error) {
	n.sent = fields{h.Seq, h.Intended, h.Sent, h.Stream, ours.Checksum(h, n.message.Body()), n.sent.Body}
	n.out, err = n.wire.marshal(n.out[:0], &n.sent)
	return n.out, err
}

// Decode implements Codec. A frame is one message.
func (n *Native) Decode(b []byte, _ int64) (ours.Header, Outcome, bool) {
	f := &n.received
	if n.wire.unmarshal(b, f) != nil {
		return ours.Header{Seq: math.MaxUint64}, Corrupt, false
	}
	h := ours.Header{Seq: f.Seq, Intended: f.Intended, Sent: f.Sent, Stream: f.Stream}
	n.body = append(n.body[:0], f.Body...)
	if ours.Checksum(h, n.body) != f.Checksum {
		return h, Corrupt, false
	}
	return h, Intact, false
}

// Next implements Codec.
func (n *Native) Next() (ours.Header, Outcome, bool) { return ours.Header{}, None, false }

// Echo decodes a message and encodes it again, as an application that reads its messages would. The
// result is valid until the next Echo or Encode. The error is ErrEncoding.
func (n *Native) Echo(b []byte) (_ []byte, err error) {
	if err = n.wire.unmarshal(b, &n.received); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	n.out, err = n.wire.marshal(n.out[:0], &n.received)
	return n.out, err
}

// ErrEncoding reports bytes that are not a message in the native encoding.
var ErrEncoding = errors.New("not a message in the native encoding")

// A wire encodes fields. One goroutine may marshal while another unmarshals.
type wire interface {
	// marshal may append to dst.
	marshal(dst []byte, f *fields) ([]byte, error)
	unmarshal(b []byte, f *fields) error
}

type jsonWire struct{}

func (jsonWire) marshal(_ []byte, f *fields) ([]byte, error) { return json.Marshal(f) }

func (jsonWire) unmarshal(b []byte, f *fields) error {
	*f = fields{}
	return json.Unmarshal(b, f)
}

type protobufWire struct{ out, in benchpb.Record }

func (w *protobufWire) marshal(dst []byte, f *fields) ([]byte, error) {
	r := &w.out
	r.Seq, r.Intended, r.Sent, r.Stream, r.Checksum, r.Body = f.Seq, f.Intended, f.Sent, f.Stream, f.Checksum, f.Body
	return proto.MarshalOptions{}.MarshalAppend(dst, r)
}

func (w *protobufWire) unmarshal(b []byte, f *fields) error {
	r := &w.in
	err := proto.Unmarshal(b, r)
	*f = fields{r.GetSeq(), r.GetIntended(), r.GetSent(), r.GetStream(), r.GetChecksum(), r.GetBody()}
	return err
}
