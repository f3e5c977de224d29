package httpwire

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"rtbench/proto/framing"
)

func TestReadChunks(t *testing.T) {
	for _, c := range []struct {
		in, out string
		whole   bool
		err     error
	}{
		{"2\r\nok\r\n0\r\n\r\n", "ok", true, nil},
		{"2;x=y\nok\n1\n!\n0\nTrailer: x\n\n", "ok!", true, nil},
		{"A \r\n0123456789\r\n0\r\n\r\n", "0123456789", true, nil},
		{"6\r\n012345\r\n6\r\n678901\r\n0\r\n\r\n", "0123456789", false, nil},
		{"2\r\nok!\r\n0\r\n\r\n", "ok", false, framing.ErrMalformed},
		{"-2\r\nok\r\n0\r\n\r\n", "", false, framing.ErrMalformed},
		{"80000000\r\nok\r\n", "", false, framing.ErrMalformed},
		{"2\r\nok", "ok", false, io.EOF},
		{"2\r\no", "o", false, io.EOF},
		{"2\r\nok\r\n0\r\n", "ok", false, io.EOF},
	} {
		out, whole, err := readChunked(bufio.NewReader(strings.NewReader(c.in)), nil, 10)
		if string(out) != c.out || whole != c.whole || !errors.Is(err, c.err) {
			t.Errorf("%q: %q, %v, %v; want %q, %v, %v", c.in, out, whole, err, c.out, c.whole, c.err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: an error of several lines: %q", c.in, err)
		}
	}
}
