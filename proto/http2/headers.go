package http2

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A Header is the fields of a request, a response or of what trails a response, those
// whose names begin with a colon first. Names are in small letters.
type Header []hpack.HeaderField

// Get returns the value of the first field of that name, or nothing.
func (h Header) Get(name string) string {
	for _, f := range h {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// maxHeader is the longest header that is taken from a peer, in bytes: encoded, and
// again decoded as HPACK counts it.
const maxHeader = 64 << 10

// appendHeaders appends HEADERS, and CONTINUATION where one frame is too short. The
// order in which headers are encoded must be that on the wire: s.mu is held.
func (s *Conn) appendHeaders(stream uint32, h Header, flags http2.Flags) {
	s.encoded.Reset()
	for _, f := range h {
		_ = s.encoder.WriteField(f) // it writes to a buffer: there is no error
	}
	kind, b := http2.FrameHeaders, s.encoded.Bytes()
	for len(b) > s.peerFrame {
		s.out = appendFrame(s.out, kind, flags, stream, b[:s.peerFrame])
		kind, flags, b = http2.FrameContinuation, 0, b[s.peerFrame:]
	}
	s.out = appendFrame(s.out, kind, flags|flagEndHeaders, stream, b)
}

// A block is a header that is being received.
type block struct {
	stream    uint32 // 0: none is
	end       bool   // the stream ends with it
	fragments []byte
}

// takeHeaders takes a frame of HEADERS or CONTINUATION.
func (s *Conn) takeHeaders(f frame) error {
	b := &s.block
	p := f.payload
	if f.kind == http2.FrameHeaders {
		if f.stream == 0 {
			return broke(http2.ErrCodeProtocol, "HEADERS of no stream")
		}
		var err error
		if p, err = f.body(); err != nil {
			return err
		}
		b.stream, b.end, b.fragments = f.stream, f.flags.Has(flagEnd), b.fragments[:0]
	}
	if len(b.fragments)+len(p) > maxHeader {
		return broke(http2.ErrCodeEnhanceYourCalm, longHeader)
	}
	if len(b.fragments) > 0 || !f.flags.Has(flagEndHeaders) {
		b.fragments = append(b.fragments, p...)
		p = b.fragments
	}
	if !f.flags.Has(flagEndHeaders) {
		return nil
	}
	stream := b.stream
	b.stream = 0
	if err := s.decode(p); err != nil {
		return err
	}
	return s.header(stream, b.end)
}

// decode puts what p says into s.fields.
func (s *Conn) decode(p []byte) error {
	s.fields, s.fieldsSize = s.fields[:0], 0
	_, err := s.decoder.Write(p)
	if err == nil {
		err = s.decoder.Close()
	}
	if err != nil {
		return broke(http2.ErrCodeCompression, "a header cannot be decoded: "+err.Error())
	}
	return nil
}

func (s *Conn) emit(f hpack.HeaderField) {
	if s.fieldsSize += int(f.Size()); s.fieldsSize <= maxHeader {
		s.fields = append(s.fields, f)
	}
}

// header has the stream take s.fields.
func (s *Conn) header(stream uint32, end bool) error {
	st, err := s.find(stream)
	if st == nil {
		return err
	}
	switch {
	case s.fieldsSize > maxHeader:
		s.reset(st, http2.ErrCodeCancel, broke(http2.ErrCodeCancel, longHeader))
	case st.answered && !end:
		s.reset(st, http2.ErrCodeProtocol, broke(http2.ErrCodeProtocol, "a second header in the middle of a stream"))
	case st.answered:
		st.trailer = append(st.trailer[:0], s.fields...)
	case !end && s.fields.informs():
		return nil // another header follows
	default:
		st.header, st.answered = append(st.header[:0], s.fields...), true
		if end {
			st.trailer = append(st.trailer[:0], s.fields...)
		}
		st.changed.Broadcast()
	}
	if end {
		s.peerEnded(st)
	}
	return nil
}

// informs says whether h is that of an interim response (RFC 9110, section 15.2).
func (h Header) informs() bool {
	status := h.Get(":status")
	return len(status) == 3 && status[0] == '1'
}
