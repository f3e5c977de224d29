package framing

import "bytes"

// chunkReader takes the chunked coding of HTTP/1.1 off a body (RFC 9112, section
// 7.1), without copying it. Extensions and trailers are read over.
type chunkReader struct {
	left    int  // bytes still to come of the chunk being read
	tail    bool // the chunk's closing CRLF is still to come
	last    bool // the chunk of size 0 was seen
	trailer int  // bytes of trailers that came
}

const (
	// maxChunkLine is the longest line beside the data: a size with its extensions, a
	// trailer.
	maxChunkLine = 8 << 10
	// maxTrailer is how long all trailers may be together.
	maxTrailer = 64 << 10
)

// next returns what in has of the data of one chunk and how many bytes come before that;
// nothing where in holds no more that can be decoded, or where the body has ended. What
// of the data is used is spent, and the rest given again.
func (c *chunkReader) next(in []byte) (data []byte, before int, ended bool, err error) {
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

// spend notes that n bytes of the data were used.
func (c *chunkReader) spend(n int) {
	c.left -= n
	c.tail = c.tail || n > 0 && c.left == 0
}

// control reads a line that is not data: a chunk's end, its size, a trailer.
func (c *chunkReader) control(line []byte) (ended bool, err error) {
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

// parseChunkSize reads the hexadecimal size; extensions after ';' are ignored.
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
