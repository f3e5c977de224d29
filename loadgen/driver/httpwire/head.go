package httpwire

import (
	"bufio"
	"bytes"
	"io"

	"rtbench/loadgen/driver"
)

// completeHead waits until the head of an answer is in the buffer, and ends each of its lines with CRLF:
// a line may end with LF alone (RFC 9112, section 2.2), but not for the parser.
func (a *ResponseReader) completeHead() error {
	seen := 0 // no head ends before it
	for {
		b, _ := a.Buf.Peek(a.Buf.Buffered())
		end, bare := headEnd(b, seen)
		switch {
		case end > 0 && bare:
			a.replaceBuffer(append(withCRLF(b[:end]), b[end:]...))
			return nil
		case end > 0:
			return nil
		case len(b) == a.Buf.Size():
			if err := a.grow(); err != nil {
				return err
			}
		}
		seen = max(0, len(b)-len("\n\r\n")+1)
		if _, err := a.Buf.Peek(len(b) + 1); err != nil {
			return a.Cause(err)
		}
	}
}

// headEnd returns the length of the head that b begins with, 0 if there is no whole one, and
// whether a line of it ends with LF alone. No head ends before seen.
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

// withCRLF returns a copy of a head whose lines all end with CRLF.
func withCRLF(head []byte) []byte {
	out := make([]byte, 0, len(head)+64)
	for line := range bytes.Lines(head) {
		out = append(out, bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))...)
		out = append(out, "\r\n"...)
	}
	return out
}

// grow makes the buffer larger, up to the longest head.
func (a *ResponseReader) grow() error {
	if a.Buf.Size() >= maxHead {
		return driver.Refuse("HTTP header too long", "the header of its answer is longer than %d KiB", maxHead>>10)
	}
	b, _ := a.Buf.Peek(a.Buf.Buffered())
	a.Buf = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(b)), a), min(4*a.Buf.Size(), maxHead))
	_, _ = a.Buf.Peek(len(b)) // fill the buffer
	return nil
}

// replaceBuffer replaces the contents of the buffer by b.
func (a *ResponseReader) replaceBuffer(b []byte) {
	_, _ = a.Buf.Discard(a.Buf.Buffered())
	a.Buf = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(b), a), max(a.Buf.Size(), len(b)))
	_, _ = a.Buf.Peek(len(b))
}
