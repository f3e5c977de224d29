package eventloop_test

import (
	"io"
	"testing"
	"time"

	"rtbench/proto/eventloop"
	"rtbench/proto/framing"
)

// What a peer sent with its handshake is taken while Drive still has the right to write:
// the word that it broke the protocol comes before the end of the connection all the same.
func TestTheLastWordOfADrivenConn(t *testing.T) {
	l := newLoop(t)
	for range 300 {
		nc, peer := pair(t)
		broken := []byte{0x80, 0x80, 0, 0, 0, 0} // a continuation of nothing
		c := eventloop.NewConn(nc, &framing.WebSocket{}, broken)
		if err := c.Drive(l, ending{c}); err != nil {
			t.Fatal(err)
		}
		_ = peer.SetDeadline(time.Now().Add(10 * time.Second))
		if got, _ := io.ReadAll(peer); string(got) != "\x88\x02\x03\xea" {
			t.Fatalf("the last word is %q", got)
		}
		_ = peer.Close()
	}
}

// ending closes its connection when that has ended.
type ending struct{ c *eventloop.Conn }

func (ending) Message([]byte, int64) {}

func (e ending) Ended(error) { _ = e.c.CloseSent() }
