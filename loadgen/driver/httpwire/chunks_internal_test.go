package httpwire

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

func TestReadChunks(t *testing.T) {
	for _, c := range []struct {
		in, out string
		err     error
	}{
		{"2\r\nok\r\n0\r\n\r\n", "ok", nil},
		{"2;x=y\nok\n1\n!\n0\nTrailer: x\n\n", "ok!", nil},
		{"A \r\n0123456789\r\n0\r\n\r\n", "0123456789", nil},
		{"6\r\n012345\r\n6\r\n678901\r\n0\r\n\r\n", "0123456789", fasthttp.ErrBodyTooLarge},
		{"2\r\nok!\r\n0\r\n\r\n", "ok", errBadChunks},
		{"-2\r\nok\r\n0\r\n\r\n", "", errBadChunks},
		{"80000000\r\nok\r\n", "", errBadChunks},
		{"2\r\nok", "ok", io.EOF},
		{"2\r\no", "o", io.ErrUnexpectedEOF},
		{"2\r\nok\r\n0\r\n", "ok", io.EOF},
	} {
		out, err := ReadChunked(bufio.NewReader(strings.NewReader(c.in)), nil, 10)
		if string(out) != c.out || !errors.Is(err, c.err) {
			t.Errorf("%q: %q, %v; want %q, %v", c.in, out, err, c.out, c.err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: an error of several lines: %q", c.in, err)
		}
	}
}
