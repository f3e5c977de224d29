package httpwire

import (
	"bufio"
	"bytes"
	"io"

	"rtbench/loadgen/driver"
)

// completeHead waits until the buffer holds a whole response head and makes its lines end with CRLF:
// the RFC allows LF alone (RFC 9112, section 2.2), but the parser does not.
func (r *ResponseReader) completeHead() error {
	seen := 0 // no head ends before it
	for {
		b, _ := r.Buf.Peek(r.Buf.Buffered())
		end, bare := headEnd(b, seen)
		switch {
		case end > 0 && bare:
			r.replaceBuffer(append(withCRLF(b[:end]), b[end:]...))
			return nil
		case end > 0:
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

// headEnd returns the length of the head at the start of b, 0 if it is incomplete, and whether a line
// ends with LF alone. No head ends before seen.
func headEnd(b []byte, seen int) (end int, bare bool) {
	for at := seen; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0, false
		}
		at += i + 1
		if rest := b[at:]; bytes.HasPrefix(rest, []byte("\n")) {
			end = at + 1
		} else if bytes.HasPrefix(rest, []byte("\r\n")) {
			end = at + 2
		} else {
			continue
		}
		head := b[:end]
		return end, bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n"))
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
	r.Buf = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(b)), r), min(4*r.Buf.Size(), maxHead))
	_, _ = r.Buf.Peek(len(b)) // fill the buffer
	return nil
}

// replaceBuffer replaces the buffered bytes with b.
func (r *ResponseReader) replaceBuffer(b []byte) {
	_, _ = r.Buf.Discard(r.Buf.Buffered())
	r.Buf = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(b), r), max(r.Buf.Size(), len(b)))
	_, _ = r.Buf.Peek(len(b))
}
