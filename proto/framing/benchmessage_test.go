package framing_test

import (
	"bytes"
	"testing"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"rtbench/proto/benchpb"
	"rtbench/proto/framing"
)

// BenchCodec and protobuf write the same bytes and read each other's.
func TestBenchCodecMatchesProtobuf(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 4096, 1 << 20} {
		payload := bytes.Repeat([]byte{0x0a, 0xff}, n)[:n]
		got, err := framing.BenchCodec{}.Marshal(&framing.BenchMessage{Payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := proto.Marshal(&benchpb.Message{Payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Materialize(), theirs) {
			t.Fatalf("%d bytes: the encoding differs from protobuf", n)
		}
		var m framing.BenchMessage
		// Received in two pieces.
		pieces := mem.BufferSlice{mem.SliceBuffer(theirs[:len(theirs)/2]), mem.SliceBuffer(theirs[len(theirs)/2:])}
		if err := (framing.BenchCodec{}).Unmarshal(pieces, &m); err != nil || !bytes.Equal(m.Payload, payload) {
			t.Fatalf("%d bytes came back as %d: %v", n, len(m.Payload), err)
		}
		got.Free()
	}
}

// As grpc-go's protobuf codec does: its pool has no buffer as small, and would not get it back.
func TestSmallBenchMessageTakesItsSize(t *testing.T) {
	for _, raw := range []bool{true, false} {
		s, err := framing.BenchCodec{}.Marshal(&framing.BenchMessage{Payload: make([]byte, 100), Raw: raw})
		if err != nil || len(s) != 1 {
			t.Fatalf("%d buffers, %v", len(s), err)
		}
		if b := s[0].ReadOnlyData(); cap(b) != len(b) {
			t.Errorf("%d bytes are in a buffer of %d", len(b), cap(b))
		}
	}
}

func TestBenchCodecPassesOtherMessages(t *testing.T) {
	sent, got := &benchpb.Message{Payload: []byte("other")}, &benchpb.Message{}
	b, err := framing.BenchCodec{}.Marshal(sent)
	if err == nil {
		err = framing.BenchCodec{}.Unmarshal(b, got)
	}
	if err != nil || !bytes.Equal(got.GetPayload(), sent.GetPayload()) {
		t.Errorf("%v became %v: %v", sent, got, err)
	}
	if _, err := (framing.BenchCodec{}).Marshal(1); err == nil {
		t.Error("Marshal accepts a number")
	}
}

// ParseBenchMessage and protobuf return the same payload if both accept a message.
func FuzzParseBenchMessage(f *testing.F) {
	f.Add([]byte{0x0a, 1, 'x'})
	f.Add([]byte{0x08, 1, 0x15, 1, 2, 3, 4, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x0a, 0, 0x0a, 1, 'y'})
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		var theirs benchpb.Message
		err := proto.Unmarshal(b, &theirs)
		got, gotErr := framing.ParseBenchMessage(b)
		if err == nil && gotErr == nil && !bytes.Equal(got, theirs.Payload) {
			t.Fatalf("%x is %x, protobuf says %x", b, got, theirs.Payload)
		}
	})
}
