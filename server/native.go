package server

import (
	"rtbench/proto"
	"rtbench/proto/codec"
)

// withNativeEncoding returns st, and what its pattern is put into, for messages in the native
// encoding where the call asks for it: the server decodes each that comes and encodes
// each that it sends, as one does whose application looks at them.
func withNativeEncoding(st stream, c proto.Call) (encoded stream, around func(pattern) pattern) {
	if !c.Native {
		return st, func(p pattern) pattern { return p }
	}
	around = func(p pattern) pattern { return &decodingPattern{p, codec.For(st.kind()), st} }
	if c.Pattern == proto.Upload { // the answer is a Summary
		return st, around
	}
	return &encodingStream{stream: st, codec: codec.For(st.kind())}, around
}

// An encodingStream stream encodes what the pattern sends.
type encodingStream struct {
	stream
	codec codec.Codec
	out   []byte
}

func (e *encodingStream) Send(p []byte) (err error) {
	if e.out, err = e.codec.Append(e.out[:0], p); err != nil {
		return err
	}
	return e.stream.Send(e.out)
}

func (e *encodingStream) kind() string { return e.stream.kind() + "/native" }

func (e *encodingStream) encodeShared(into *sharedMessage, p []byte) (err error) {
	if e.out, err = e.codec.Append(e.out[:0], p); err != nil {
		return err
	}
	return e.stream.encodeShared(into, e.out)
}

// A decodingPattern pattern is given what came, decoded. What cannot be ends the stream.
type decodingPattern struct {
	pattern
	codec codec.Codec
	st    stream
}

func (d *decodingPattern) Message(b []byte, at int64) {
	p, err := d.codec.Decode(b)
	if err != nil {
		_ = d.st.Close()
		return
	}
	d.pattern.Message(p, at)
}
