package eventloop_test

import (
	"io"
	"testing"
	"time"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
)

// A violation that arrives with the handshake is handled while Drive holds the write
// lock. The close frame must still precede the end of the connection.
func TestCloseFrameBeforeEnd(t *testing.T) {
	l := eventlooptest.NewLoop(t)
	for range 300 {
		nc, peer := eventlooptest.Pair(t)
		broken := []byte{0x80, 0x80, 0, 0, 0, 0} // continuation frame without a message
		c := eventloop.NewConn(nc, &framing.WebSocket{}, broken)
		if err := c.Drive(l, ending{c}); err != nil {
			t.Fatal(err)
		}
		_ = peer.SetDeadline(time.Now().Add(10 * time.Second))
		if got, _ := io.ReadAll(peer); string(got) != "\x88\x02\x03\xea" {
			t.Fatalf("the last bytes are %q", got)
		}
		_ = peer.Close()
	}
}

// ending closes the connection at its end.
type ending struct{ c *eventloop.Conn }

func (ending) Message([]byte, int64) {}

func (e ending) Ended(error) { _ = e.c.CloseSent() }
