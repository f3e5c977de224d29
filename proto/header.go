package proto

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

// HeaderSize is the length of a message's header in binary form. TextHeaderSize is its
// length in text form: unpadded base64 of the binary form, for protocols and scenarios
// that carry only text. No measured message is shorter.
const (
	HeaderSize     = 32
	TextHeaderSize = (HeaderSize*4 + 2) / 3
)

// A Header precedes every measured message. Its binary form is big-endian: sequence (8
// bytes), intended (8), sent (8), stream (4), and CRC-32C (4) over the body followed by
// the first 28 bytes of the header.
type Header struct {
	Seq      uint64 // position within the stream, from 0
	Intended int64  // intended send time, nanoseconds of clock.Now
	Sent     int64  // actual send time, nanoseconds of clock.Now
	Stream   uint32 // stream within the run
}

// Shifted returns h with d added to its times. Those that are no times remain.
func (h Header) Shifted(d int64) Header {
	if h.Intended != 0 && h.Intended != NotMeasured {
		h.Intended += d
	}
	if h.Sent != 0 {
		h.Sent += d
	}
	return h
}

// NotMeasured is the Intended of a message that is counted but not measured.
const NotMeasured = math.MinInt64

// ErrCorrupt reports a message that does not match its checksum.
var ErrCorrupt = errors.New("message is corrupt: its checksum does not match")

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// Strict, so that each header has exactly one text form.
	headerText = base64.RawStdEncoding.Strict()
)

// A Message is a buffer with a header and a constant body. It belongs to one goroutine.
// Stamp does not allocate, and its cost does not depend on the size of the body.
type Message struct {
	buf     []byte
	raw     [HeaderSize]byte // a field, since crc32 would move a local to the heap
	bodyCRC uint32
	text    bool
}

// NewMessage returns a message of size bytes including its header, in text or binary
// form. Sizes below that of the header are raised to it. The body cycles through a to z
// in text form and through all byte values in binary form.
func NewMessage(size int, text bool) *Message {
	head := HeaderSize
	if text {
		head = TextHeaderSize
	}
	m := &Message{buf: make([]byte, max(size, head)), text: text}
	body := m.buf[head:]
	for i := range body {
		body[i] = byte(i)
		if text {
			body[i] = 'a' + byte(i%26)
		}
	}
	m.bodyCRC = crc32.Update(0, castagnoli, body)
	return m
}

// Text reports whether the message has the text form.
func (m *Message) Text() bool { return m.text }

// Body returns the part of the message after the header, which must not be modified.
func (m *Message) Body() []byte {
	if m.text {
		return m.buf[TextHeaderSize:]
	}
	return m.buf[HeaderSize:]
}

// Stamp writes h into the message and returns the message, valid until the next Stamp.
func (m *Message) Stamp(h Header) []byte {
	putHeader(m.raw[:], h, m.bodyCRC)
	if m.text {
		headerText.Encode(m.buf, m.raw[:])
	} else {
		copy(m.buf, m.raw[:])
	}
	return m.buf
}

func putHeader(raw []byte, h Header, bodyCRC uint32) {
	putFields(raw, h)
	binary.BigEndian.PutUint32(raw[28:], crc32.Update(bodyCRC, castagnoli, raw[:28]))
}

func putFields(raw []byte, h Header) {
	binary.BigEndian.PutUint64(raw, h.Seq)
	binary.BigEndian.PutUint64(raw[8:], uint64(h.Intended))
	binary.BigEndian.PutUint64(raw[16:], uint64(h.Sent))
	binary.BigEndian.PutUint32(raw[24:], h.Stream)
}

// Checksum returns the checksum of a message with header h and the body.
func Checksum(h Header, body []byte) uint32 {
	var raw [HeaderSize]byte
	putFields(raw[:], h)
	// crc32.Update would move raw to the heap, so update the checksum by table.
	crc := ^crc32.Update(0, castagnoli, body)
	for _, b := range raw[:28] {
		crc = castagnoli[byte(crc)^b] ^ crc>>8
	}
	return ^crc
}

// A Parser parses the headers of a stream's messages. It belongs to one goroutine.
type Parser struct{ raw [HeaderSize]byte } // a field for the same reason as in Message

// Parse parses the header of message p in text or binary form and verifies the checksum of the
// whole message. The only error is ErrCorrupt. It does not allocate.
func (r *Parser) Parse(p []byte, text bool) (Header, error) {
	head, size := p, HeaderSize
	if text {
		head, size = r.raw[:], TextHeaderSize
	}
	if len(p) < size {
		return Header{}, ErrCorrupt
	}
	if text {
		if _, err := headerText.Decode(head, p[:size]); err != nil {
			return Header{}, ErrCorrupt
		}
	}
	return readHeader(head, crc32.Update(crc32.Update(0, castagnoli, p[size:]), castagnoli, head[:28]))
}

// ParseHeader is Parse for a single message.
func ParseHeader(p []byte, text bool) (Header, error) { return new(Parser).Parse(p, text) }

func readHeader(raw []byte, crc uint32) (Header, error) {
	if crc != binary.BigEndian.Uint32(raw[28:]) {
		return Header{}, ErrCorrupt
	}
	return Header{
		Seq:      binary.BigEndian.Uint64(raw),
		Intended: int64(binary.BigEndian.Uint64(raw[8:])),
		Sent:     int64(binary.BigEndian.Uint64(raw[16:])),
		Stream:   binary.BigEndian.Uint32(raw[24:]),
	}, nil
}
