package httpwire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
)

var errBadChunks = errors.New("malformed chunked body")

// readChunked appends a chunked body (RFC 9112, section 7.1) to dst and reads its trailer. It accepts
// lines that end with LF alone. If the body is longer than limit, it returns the start of the body and
// whole is false. It does not allocate if dst is large enough.
func readChunked(br *bufio.Reader, dst []byte, limit int) (body []byte, whole bool, err error) {
	for {
		size, err := readChunkSize(br)
		if err != nil {
			return dst, false, err
		}
		if size == 0 {
			return dst, true, skipTrailer(br)
		}
		n := min(size, limit-len(dst))
		if dst, err = readFull(br, dst, n); err != nil || n < size {
			return dst, false, err
		}
		if line, err := readChunkLine(br); err != nil {
			return dst, false, err
		} else if len(line) != 0 {
			return dst, false, errBadChunks
		}
	}
}

// readFull appends the next n bytes to dst.
func readFull(br *bufio.Reader, dst []byte, n int) ([]byte, error) {
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	n, err := io.ReadFull(br, dst[start:])
	return dst[:start+n], err
}

// readChunkSize reads the size line of a chunk and ignores extensions.
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

// readChunkLine returns the next line without its line ending. It is valid until the next read.
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
