package mqtt

import (
	"io"
	"testing"

	"github.com/eclipse/paho.golang/packets"
)

// A packet that was read before the end of its connection, and is handled after it, is ignored, as is the end of a
// connection that has a successor.
func TestPacketsOfALostConnection(t *testing.T) {
	t.Parallel()
	s := newSession()
	begin := func() *sessionConn {
		c := s.attach(func(string, byte, string) {})
		if err := c.ConAckReceived(io.Discard, &packets.Connect{}, &packets.Connack{}); err != nil {
			t.Fatal(err)
		}
		return c
	}
	received := &packets.ControlPacket{Content: &packets.Pubrec{PacketID: 1}, FixedHeader: packets.FixedHeader{Type: packets.PUBREC}}
	first := begin()
	_ = first.ConnectionLost(nil)
	if err := first.PacketReceived(received, nil); err != nil {
		t.Error(err)
	}
	second := begin()
	_ = first.ConnectionLost(nil)
	answer := make(chan packets.ControlPacket, 1)
	if err := second.AddToSession(t.Context(), &packets.Publish{Topic: "a", QoS: 2, Properties: &packets.Properties{}}, answer); err != nil {
		t.Errorf("the second connection ended with the first: %v", err)
	}
}
