package httpwire

import (
	"bufio"
	"bytes"
	"io"

	"rtbench/loadgen/driver"
	"rtbench/proto/framing"
)

// completeHead waits until the buffer holds a whole response head and makes its lines end with CRLF:
// the RFC allows LF alone (RFC 9112, section 2.2), but the parser does not.
func (r *ResponseReader) completeHead() error {
	seen := 0 // no head ends before it
	for {
		b, _ := r.Buf.Peek(r.Buf.Buffered())
		switch end := framing.HeadLength(b, seen); {
		case end > 0:
			if head := b[:end]; bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n")) {
				r.replaceBuffer(append(withCRLF(head), b[end:]...), r.Buf.Size())
			}
			return nil
		case len(b) == r.Buf.Size():
			if err := r.grow(); err != nil {
				return err
			}
		}
		seen = max(0, len(b)-len("\n\r\n")+1)
		if _, err := r.Buf.Peek(len(b) + 1); err != nil {
			return r.Cause(err)
		}
	}
}

// withCRLF returns a copy of head with all lines ending with CRLF.
func withCRLF(head []byte) []byte {
	out := make([]byte, 0, len(head)+64)
	for line := range bytes.Lines(head) {
		out = append(out, bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))...)
		out = append(out, "\r\n"...)
	}
	return out
}

// grow enlarges the buffer, up to maxHead.
func (r *ResponseReader) grow() error {
	if r.Buf.Size() >= maxHead {
		return driver.Refuse("HTTP header too long", "the response header is longer than %d KiB", maxHead>>10)
	}
	b, _ := r.Buf.Peek(r.Buf.Buffered())
	r.replaceBuffer(bytes.Clone(b), min(4*r.Buf.Size(), maxHead))
	return nil
}

// replaceBuffer replaces the buffered bytes with b, in a buffer of at least size bytes.
func (r *ResponseReader) replaceBuffer(b []byte, size int) {
	r.Buf = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(b), r), max(size, len(b)))
	_, _ = r.Buf.Peek(len(b)) // fill the buffer
}
