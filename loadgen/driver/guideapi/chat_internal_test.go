package guideapi

import (
	"testing"

	"rtbench/proto"
)

// Encoding and decoding a chat message does not allocate.
func TestChatCostsNoAllocation(t *testing.T) {
	take := new(API).chatMessages("rtbench-1-0")
	m := string(proto.NewMessage(0, true).Stamp(proto.Header{Seq: 1}))
	in := []byte(`{"type": "chat", "client_id": "rtbench-1-0", "message": "` + m + `"}`)
	var out []byte
	if n := testing.AllocsPerRun(100, func() {
		out, _ = appendChat(out[:0], in[:4])
		if p, err := take(in); err != nil || string(p) != m {
			t.Fatal(p, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
