package httpwire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/valyala/fasthttp"
)

var errBadChunks = errors.New("the chunks of the body are malformed")

// ReadChunked appends to dst a body in the chunked coding (RFC 9112, section 7.1), whose lines
// may end with LF alone, and reads its trailer. A body longer than most is
// fasthttp.ErrBodyTooLarge, with its beginning returned. It allocates nothing if dst is large
// enough.
func ReadChunked(br *bufio.Reader, dst []byte, most int) ([]byte, error) {
	for {
		size, err := readChunkSize(br)
		if err != nil {
			return dst, err
		}
		if size == 0 {
			return dst, skipTrailer(br)
		}
		whole := len(dst)+size <= most
		if !whole {
			size = most - len(dst)
		}
		start := len(dst)
		dst = slices.Grow(dst, size)[:start+size]
		n, err := io.ReadFull(br, dst[start:])
		if err != nil {
			return dst[:start+n], err
		}
		if !whole {
			return dst, fasthttp.ErrBodyTooLarge
		}
		if line, err := readChunkLine(br); err != nil {
			return dst, err
		} else if len(line) != 0 {
			return dst, errBadChunks
		}
	}
}

// readChunkSize reads the line before the data of a chunk. Extensions are ignored.
func readChunkSize(br *bufio.Reader) (int, error) {
	line, err := readChunkLine(br)
	if err != nil {
		return 0, err
	}
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31) // the string does not escape
	if err != nil {
		return 0, errBadChunks
	}
	return int(n), nil
}

// readChunkLine returns the next line without its end, valid until the next read.
func readChunkLine(br *bufio.Reader) ([]byte, error) {
	line, err := br.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

func skipTrailer(br *bufio.Reader) error {
	for left := maxHead; left > 0; {
		line, err := readChunkLine(br)
		if err != nil || len(line) == 0 {
			return err
		}
		left -= len(line)
	}
	return errBadChunks
}
