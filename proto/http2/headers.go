package http2

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A Header holds the fields of a request, a response or a trailer, pseudo-header fields
// first. Names are in lower case.
type Header []hpack.HeaderField

// Get returns the value of the first field with this name, or "".
func (h Header) Get(name string) string {
	for _, f := range h {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

const (
	// maxHeader bounds a header that the client receives, in bytes, both encoded and decoded
	// (as HPACK counts it).
	maxHeader = 64 << 10
	// maxBlockFrames bounds the frames of a header block, which may be empty.
	maxBlockFrames = 128
)

// appendHeaders appends HEADERS and, if one frame is too short, CONTINUATION. Headers
// must be encoded in the order in which they are sent, so c.mu is held.
func (c *Conn) appendHeaders(stream uint32, h Header, flags http2.Flags) {
	c.encoded.Reset()
	for _, f := range h {
		_ = c.encoder.WriteField(f) // writes to a buffer: cannot fail
	}
	kind, b := http2.FrameHeaders, c.encoded.Bytes()
	for len(b) > c.peerFrame {
		c.out = appendFrame(c.out, kind, flags, stream, b[:c.peerFrame])
		kind, flags, b = http2.FrameContinuation, 0, b[c.peerFrame:]
	}
	c.out = appendFrame(c.out, kind, flags|flagEndHeaders, stream, b)
}

// A block is the header block being received.
type block struct {
	stream    uint32 // 0 if there is none
	end       bool   // it ends the stream
	frames    int
	fragments []byte
}

// handleHeaders handles HEADERS and CONTINUATION.
func (c *Conn) handleHeaders(f frame) error {
	b := &c.block
	p := f.payload
	if f.kind == http2.FrameHeaders {
		if f.stream == 0 {
			return newViolation(http2.ErrCodeProtocol, "HEADERS on stream 0")
		}
		var err error
		if p, err = f.body(); err != nil {
			return err
		}
		*b = block{stream: f.stream, end: f.flags.Has(flagEnd), fragments: b.fragments[:0]}
	}
	if b.frames++; len(b.fragments)+len(p) > c.maxHeader || b.frames > maxBlockFrames {
		return newViolation(http2.ErrCodeEnhanceYourCalm, longHeader)
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
	if err := c.decode(p); err != nil {
		return err
	}
	if c.server != nil {
		return c.handleRequest(stream, b.end)
	}
	return c.handleResponse(stream, b.end)
}

// decode decodes p into c.fields.
func (c *Conn) decode(p []byte) error {
	c.fields, c.fieldsSize = c.fields[:0], 0
	_, err := c.decoder.Write(p)
	if err == nil {
		err = c.decoder.Close()
	}
	if err != nil {
		return newViolation(http2.ErrCodeCompression, "header cannot be decoded: "+err.Error())
	}
	return nil
}

func (c *Conn) addField(f hpack.HeaderField) {
	if c.fieldsSize += int(f.Size()); c.fieldsSize <= c.maxHeader {
		c.fields = append(c.fields, f)
	}
}

// handleResponse passes c.fields to the stream.
func (c *Conn) handleResponse(stream uint32, end bool) error {
	st, err := c.findStream(stream)
	if st == nil {
		return err
	}
	switch {
	case c.fieldsSize > c.maxHeader:
		c.resetStream(st, http2.ErrCodeCancel, newViolation(http2.ErrCodeCancel, longHeader))
	case st.answered && !end:
		c.resetStream(st, http2.ErrCodeProtocol, newViolation(http2.ErrCodeProtocol, "second HEADERS inside a stream"))
	case st.answered:
		st.trailer = append(st.trailer[:0], c.fields...)
	case !end && c.fields.informational():
		return nil // the final header follows
	default:
		if !c.acceptResponse(st, end) {
			return nil
		}
	}
	if end {
		c.handleEnd(st)
	}
	return nil
}

// acceptResponse sets the header of st, and its trailer if it has no other, unless the
// stream refuses it.
func (c *Conn) acceptResponse(st *Stream, end bool) bool {
	if st.response != nil {
		if err := st.response.Header(c.fields); err != nil {
			if end && st.endSent { // the stream is closed
				c.endStream(st, err)
				c.notify(st)
			} else {
				c.resetStream(st, http2.ErrCodeCancel, err)
			}
			return false
		}
	}
	st.header, st.answered = append(st.header[:0], c.fields...), true
	if end {
		st.trailer = append(st.trailer[:0], c.fields...)
	}
	st.changed.Broadcast()
	return true
}

// informational reports whether h is an interim response, 1xx (RFC 9110, section 15.2).
func (h Header) informational() bool {
	status := h.Get(":status")
	return len(status) == 3 && status[0] == '1'
}
