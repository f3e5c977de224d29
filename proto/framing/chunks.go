package framing

import "bytes"

// A ChunkDecoder decodes the chunked transfer coding of HTTP/1.1 (RFC 9112, section 7.1)
// without copying. It skips extensions and trailers, and accepts lines that end with LF
// alone. The zero value is ready for a body.
type ChunkDecoder struct {
	left    int  // unread bytes of the current chunk
	tail    bool // the chunk's closing CRLF is due
	last    bool // the chunk of size 0 was read
	trailer int  // bytes of trailers read
}

const (
	// maxChunkLine bounds a line between the data: a size with its extensions, or a
	// trailer.
	maxChunkLine = 8 << 10
	// maxTrailer bounds all trailers together.
	maxTrailer = 64 << 10
)

// Next returns the available data of one chunk and the number of bytes before it. data is
// empty if in holds no more data or the body has ended. The caller reports the used part
// with Spend; the rest is returned again.
func (c *ChunkDecoder) Next(in []byte) (data []byte, before int, ended bool, err error) {
	for {
		rest := in[before:]
		if c.left > 0 {
			return rest[:min(c.left, len(rest))], before, false, nil
		}
		i := bytes.IndexByte(rest, '\n')
		switch {
		case i > maxChunkLine || i < 0 && len(rest) > maxChunkLine:
			return nil, before, false, ErrMalformed
		case i < 0:
			return nil, before, false, nil
		}
		before += i + 1
		if ended, err = c.control(bytes.TrimSuffix(rest[:i], []byte("\r"))); ended || err != nil {
			return nil, before, ended, err
		}
	}
}

// Spend marks n bytes of the data as used.
func (c *ChunkDecoder) Spend(n int) {
	c.left -= n
	c.tail = c.tail || n > 0 && c.left == 0
}

// control parses a line between the data: a chunk's end, its size, or a trailer.
func (c *ChunkDecoder) control(line []byte) (ended bool, err error) {
	switch {
	case c.tail:
		c.tail = false
		if len(line) != 0 {
			return false, ErrMalformed
		}
	case c.last:
		if c.trailer += len(line); c.trailer > maxTrailer {
			return false, ErrMalformed
		}
		return len(line) == 0, nil
	default:
		size, ok := parseChunkSize(line)
		if !ok {
			return false, ErrMalformed
		}
		c.left, c.last = size, size == 0
	}
	return false, nil
}

// parseChunkSize parses the hexadecimal size and ignores extensions after ';'.
func parseChunkSize(line []byte) (int, bool) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 || len(line) > 16 {
		return 0, false
	}
	n := 0
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
		if n > 1<<30 {
			return 0, false
		}
	}
	return n, true
}
