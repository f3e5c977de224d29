package guideapi

import (
	"bytes"
	"testing"

	"rtbench/proto"
	"rtbench/proto/codec"
)

// Encoding and decoding a chat message does not allocate.
func TestChatCostsNoAllocation(t *testing.T) {
	s := &Session{api: new(API), call: proto.Call{Pattern: proto.Fanout, Topic: "f"}}
	defineChat(s)
	s.SetMessage(proto.NewMessage(0, true))
	sent, _ := s.Encode(proto.Header{Seq: 7})
	in := bytes.Replace(sent, []byte(`"content":`), []byte(`"client_id": "`+memberID(s.call, 0)+`", "message": `), 1)
	if n := testing.AllocsPerRun(100, func() {
		_, _ = s.Encode(proto.Header{Seq: 8})
		if h, o, _ := s.Decode(in, 0); o != codec.Intact || h.Seq != 7 {
			t.Fatal(h, o)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
