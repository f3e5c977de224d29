package server

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/valyala/fasthttp"

	"rtbench/proto"
	"rtbench/proto/framing"
)

// In any pieces, a head ends at the first empty line, and no byte is lost.
func FuzzReadHead(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\nrest"), 100)
	f.Add([]byte("GET / HTTP/1.1\n\nrest"), 100)
	f.Add([]byte("\r\n\r\n\r\n"), 3)
	f.Add([]byte("\n\r\n"), 0)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		limit = max(0, min(limit, 5000))
		head, rest, err := readHead(bytes.NewReader(b), limit)
		head1, rest1, err1 := readHead(iotest.OneByteReader(bytes.NewReader(b)), limit)
		if (err == nil) != (err1 == nil) || !bytes.Equal(head, head1) || err == nil && len(rest1) > 0 {
			t.Fatalf("%q: %q, %v at once, %q and %q, %v byte by byte", b, head, err, head1, rest1, err1)
		}
		if err != nil {
			return
		}
		if len(head) > limit || !bytes.HasPrefix(b, head) || !bytes.HasPrefix(b[len(head):], rest) || framing.HeadLength(head, 0) != len(head) {
			t.Fatalf("%q becomes %q and %q", b, head, rest)
		}
	})
}

// A request parses exactly if proto and ParseFault accept its parts.
func FuzzParseRequest(f *testing.F) {
	f.Add("pattern=echo&fault=lose%3D10")
	f.Add("pattern=push&size=128&profile=100%2Fs&share=1&of=2")
	f.Add("pattern=%zz&;=")
	s := &Server{}
	f.Fuzz(func(t *testing.T, query string) {
		r, err := s.parseRequest(query)
		if err != nil {
			return
		}
		if r.Size < 0 || r.Size > proto.MaxSize || r.Share < 0 || r.Fault == "" && r.fault != (Fault{}) {
			t.Fatalf("%q is %+v", query, r)
		}
		again, err := s.parseRequest(r.Encode())
		if err != nil || again.fault != r.fault || again.Pattern != r.Pattern {
			t.Fatalf("%q does not survive: %+v, %v", query, again, err)
		}
	})
}

// Only the session is cut from a query.
func FuzzCutSession(f *testing.F) {
	f.Add("session=a&pattern=echo")
	f.Add("pattern=echo&session=a")
	f.Add("session=")
	f.Fuzz(func(t *testing.T, query string) {
		name, rest := cutSession(query)
		if name == "" && rest == query || query == "session="+name+"&"+rest || query == "session="+name && rest == "" || name == "" && query == "session=&"+rest || query == "session=" {
			return
		}
		t.Fatalf("%q becomes %q and %q", query, name, rest)
	})
}

// The absolute form and the origin form of a target are equivalent.
func FuzzOriginForm(f *testing.F) {
	f.Add("http://x/bench?pattern=echo")
	f.Add("http://x")
	f.Add("/ws/a://b")
	f.Add("*")
	f.Fuzz(func(t *testing.T, target string) {
		got := originForm(target)
		switch {
		case strings.HasPrefix(target, "/"), !strings.Contains(target, "://"):
			if got != target {
				t.Fatalf("%q becomes %q", target, got)
			}
		case !strings.HasPrefix(got, "/"):
			t.Fatalf("%q becomes %q", target, got)
		}
	})
}

// pipe is a connection whose client has sent everything.
type pipe struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (p *pipe) Read(b []byte) (int, error)  { return p.in.Read(b) }
func (p *pipe) Write(b []byte) (int, error) { return p.out.Write(b) }

// fasthttp reads the head and then the connection, without a gap.
func FuzzHijackableConn(f *testing.F) {
	f.Add([]byte("abc"), []byte("defg"), 2)
	f.Add([]byte(""), []byte("x"), 1)
	f.Fuzz(func(t *testing.T, unread, later []byte, size int) {
		c := &hijackableConn{Conn: &pipe{in: bytes.NewReader(later)}, unread: bytes.Clone(unread)}
		got := make([]byte, 0, len(unread)+len(later))
		b := make([]byte, max(1, min(size, 100)))
		for {
			n, err := c.Read(b)
			got = append(got, b[:n]...)
			if err != nil {
				break
			}
		}
		if want := append(bytes.Clone(unread), later...); !bytes.Equal(got, want) || c.unread != nil && len(unread) > 0 {
			t.Fatalf("read %q, want %q", got, want)
		}
	})
}

// Each of fasthttp's errors has its own response.
func TestRequestErrors(t *testing.T) {
	for status, err := range map[int]error{431: &fasthttp.ErrSmallBuffer{}, 413: fasthttp.ErrBodyTooLarge, 408: &net.OpError{Err: timedOut{}}, 400: io.ErrUnexpectedEOF} {
		var ctx fasthttp.RequestCtx
		refuse(&ctx, err)
		if got := ctx.Response.StatusCode(); got != status {
			t.Errorf("%v: %d, want %d", err, got, status)
		}
	}
}

type timedOut struct{}

func (timedOut) Error() string   { return "timed out" }
func (timedOut) Timeout() bool   { return true }
func (timedOut) Temporary() bool { return true }
