package wire

import "bytes"

// chunkReader takes the chunked coding of HTTP/1.1 off a body (RFC 9112, section
// 7.1). Trailers are read over.
type chunkReader struct {
	body []byte // decoded and not yet used, from off on
	off  int
	left int  // bytes still to come of the chunk being read
	tail bool // the chunk's closing CRLF is still to come
	last bool // the chunk of size 0 was seen
}

func (c *chunkReader) pending() []byte { return c.body[c.off:] }

func (c *chunkReader) use(n int) {
	c.off += n
	if c.off == len(c.body) {
		c.body, c.off = c.body[:0], 0
	}
}

// feed decodes from in until it has added to what is pending, the body has
// ended, or in holds no more that can be decoded.
func (c *chunkReader) feed(in []byte) (used int, ended bool, err error) {
	for {
		rest := in[used:]
		if c.left > 0 {
			n := min(c.left, len(rest))
			if n == 0 {
				return used, false, nil
			}
			if len(c.body)-c.off+n > maxEncoded {
				return used, false, ErrTooLong
			}
			c.compact()
			c.body = append(c.body, rest[:n]...)
			c.left -= n
			c.tail = c.left == 0
			return used + n, false, nil
		}
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			if len(rest) > 256 {
				return used, false, ErrMalformed
			}
			return used, false, nil
		}
		used += i + 1
		line := bytes.TrimSuffix(rest[:i], []byte("\r"))
		if ended, err = c.control(line); ended || err != nil {
			return used, ended, err
		}
	}
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

func (c *chunkReader) compact() {
	if c.off > 0 {
		n := copy(c.body, c.body[c.off:])
		c.body, c.off = c.body[:n], 0
	}
}

// parseChunkSize reads the hexadecimal size; extensions after ';' are ignored.
func parseChunkSize(line []byte) (int, bool) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 || len(line) > 8 {
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
	}
	return n, n <= 1<<30
}
