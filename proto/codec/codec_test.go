package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	ours "rtbench/proto"
	"rtbench/proto/benchpb"
)

// codecs returns codecs of all kinds that send m.
func codecs(m *ours.Message) map[string]Codec {
	return map[string]Codec{"stamped": New("tcp", false, m), "JSON": New("websocket", true, m), "protobuf": New("grpc", true, m)}
}

// Headers survive a round trip, and damage is found.
func TestRoundTrip(t *testing.T) {
	for name, c := range codecs(ours.NewMessage(200, true)) {
		for _, h := range []ours.Header{{}, {Seq: 1<<64 - 1, Intended: -1, Sent: 1<<63 - 1, Stream: 1<<32 - 1}, {Seq: 7, Intended: 8, Sent: 9, Stream: 10}} {
			b, err := c.Encode(h)
			if err != nil {
				t.Fatal(err)
			}
			if got, o, more := c.Decode(b, 0); got != h || o != Intact || more {
				t.Fatalf("%s: %q came back as %+v, %v", name, b, got, o)
			}
			damaged := bytes.Replace(b, []byte("xyz"), []byte("xyy"), 1)
			if _, o, _ := c.Decode(damaged, 0); o != Corrupt {
				t.Errorf("%s: a damaged body is %v", name, o)
			}
		}
		if h, o, _ := c.Decode([]byte("{"), 0); o != Corrupt || h.Intended != 0 || h.Seq+1 != 0 {
			t.Errorf("%s: no message is %+v, %v", name, h, o)
		}
	}
}

// Native messages can be read by the encoding's own library.
func TestNativeEncodings(t *testing.T) {
	m := ours.NewMessage(200, true)
	all, body := codecs(m), string(m.Body())
	b, _ := all["protobuf"].Encode(ours.Header{Seq: 7})
	var r benchpb.Record
	if err := proto.Unmarshal(b, &r); err != nil || r.GetSeq() != 7 || r.GetBody() != body {
		t.Errorf("protobuf holds %v, %v", &r, err)
	}
	b, _ = all["JSON"].Encode(ours.Header{Seq: 7})
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil || object["body"] != body || object["seq"] != 7.0 {
		t.Errorf("JSON is %s, %v", b, err)
	}
}

// A codec rejects any input that is not a message, and returns others unchanged.
func FuzzNative(f *testing.F) {
	f.Add([]byte(`{"seq":1,"body":"x"}`), true)
	f.Add([]byte{8, 1, 50, 1, 'x'}, false)
	f.Fuzz(func(t *testing.T, b []byte, asJSON bool) {
		name := "grpc"
		if asJSON {
			name = "sse"
		}
		n := NewNative(name, ours.NewMessage(0, true))
		h, o, _ := n.Decode(b, 0)
		again, err := n.Echo(b)
		if err != nil {
			if !errors.Is(err, ErrEncoding) || o != Corrupt {
				t.Errorf("%v, %v", err, o)
			}
			return
		}
		if h2, o2, _ := n.Decode(again, 0); h2 != h || o2 != o {
			t.Errorf("%+v, %v came back as %+v, %v", h, o, h2, o2)
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	for name, c := range codecs(ours.NewMessage(128, true)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, _ := c.Encode(ours.Header{Seq: 1, Intended: 2, Sent: 3})
				if _, o, _ := c.Decode(p, 0); o != Intact {
					b.Fatal(o)
				}
			}
		})
	}
}
