package eventloop_test

import (
	"errors"
	"io"
	"testing"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// closeFrame returns an unmasked close frame.
func closeFrame(code uint16, reason string) []byte {
	return append([]byte{0x88, byte(2 + len(reason)), byte(code >> 8), byte(code)}, reason...)
}

// closeCode returns the code of a masked close frame without a reason; 0 if b is not one.
func closeCode(b []byte) int {
	if len(b) != 8 || b[0] != 0x88 || b[1] != 0x82 {
		return 0
	}
	return int(b[6]^b[2])<<8 | int(b[7]^b[3])
}

// A client answers the server's close frame once and sends nothing after it.
func TestClientAnswersCloseFrame(t *testing.T) {
	t.Parallel()
	for _, looped := range []bool{false, true} {
		for _, first := range []bool{false, true} {
			a, b := eventlooptest.Pair(t)
			c := eventloop.NewConn(a, &framing.WebSocket{Client: true}, nil)
			ended := make(chan error, 1)
			if looped {
				if err := c.Drive(eventlooptest.NewLoop(t), endOnly{ended}); err != nil {
					t.Fatal(err)
				}
			}
			if first { // the client has sent its close frame
				if err := c.CloseWith((&framing.WebSocket{Client: true}).AppendClose(nil, 4000)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := b.Write(closeFrame(1011, "oops")); err != nil {
				t.Fatal(err)
			}
			if !looped {
				_, err := c.Recv()
				ended <- err
			}
			var said *framing.CloseError
			if err := <-ended; !errors.As(err, &said) || said.Code != 1011 || said.Reason != "oops" {
				t.Fatalf("looped %v: the stream ended with %v", looped, err)
			}
			want := eventloop.ErrPeerEnded
			if first {
				want = eventloop.ErrSendAfterEnd
			}
			if err := c.Send([]byte("late")); !errors.Is(err, want) {
				t.Errorf("Send after the end: %v, want %v", err, want)
			}
			if err := c.CloseSend(); err != nil {
				t.Errorf("CloseSend after the end: %v", err)
			}
			_ = c.Close()
			all, err := io.ReadAll(b)
			code := map[bool]int{false: 1011, true: 4000}[first]
			if err != nil || closeCode(all) != code {
				t.Errorf("looped %v, first %v: the server was sent % x, %v; want one close frame with %d", looped, first, all, err, code)
			}
		}
	}
}

// A blocked Send does not keep Recv from reporting the peer's end.
func TestBlockedSendDoesNotDelayEnd(t *testing.T) {
	t.Parallel()
	a, b := eventlooptest.Pair(t)
	c := eventloop.NewConn(a, &framing.WebSocket{Client: true}, nil)
	sent := make(chan error, 1)
	go func() {
		p := make([]byte, 1<<20)
		for {
			if err := c.Send(p); err != nil {
				sent <- err
				return
			}
		}
	}()
	if _, err := io.ReadFull(b, make([]byte, 1<<20)); err != nil { // it sends, then blocks
		t.Fatal(err)
	}
	if _, err := b.Write(closeFrame(1001, "")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("Recv: %v", err)
	}
	_ = c.Close()
	if err := <-sent; err == nil {
		t.Error("Send went on after Close")
	}
}

// endOnly reports the end.
type endOnly struct{ ended chan error }

func (endOnly) Message([]byte, int64) {}
func (e endOnly) Ended(err error)     { e.ended <- err }
