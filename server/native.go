package server

import (
	"rtbench/proto"
	"rtbench/proto/codec"
)

// withNativeEncoding makes st encode, and the pattern decode, every message if the call
// asks for the native encoding, as an application that reads its messages would.
func withNativeEncoding(st stream, c proto.Call) (encoded stream, wrap func(pattern) pattern) {
	if !c.Native {
		return st, func(p pattern) pattern { return p }
	}
	wrap = func(p pattern) pattern { return &decodingPattern{p, codec.For(st.kind()), st} }
	if c.Pattern.Traffic().Summary {
		return st, wrap
	}
	return &encodingStream{stream: st, codec: codec.For(st.kind())}, wrap
}

// An encodingStream encodes the pattern's messages.
type encodingStream struct {
	stream
	codec codec.Transcoder
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

// A decodingPattern decodes received messages. Invalid ones end the stream.
type decodingPattern struct {
	pattern
	codec codec.Transcoder
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
