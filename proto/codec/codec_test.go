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

// Messages survive a round trip and can be read by the encoding's own library.
func TestRoundTrip(t *testing.T) {
	m := ours.NewMessage(200, true)
	for _, h := range []ours.Header{{}, {Seq: 1<<64 - 1, Intended: -1, Sent: 1<<63 - 1, Stream: 1<<32 - 1}, {Seq: 7, Intended: 8, Sent: 9, Stream: 10}} {
		p := bytes.Clone(m.Stamp(h))
		for _, name := range []string{"websocket", "grpc"} {
			c := For(name)
			b, err := c.Append([]byte("before"), p)
			if err != nil || !bytes.HasPrefix(b, []byte("before")) {
				t.Fatal(err)
			}
			b = b[len("before"):]
			got, err := c.Decode(b)
			if err != nil || !bytes.Equal(got, p) {
				t.Fatalf("%s: %q came back as %q, %v", name, p, got, err)
			}
			if name == "grpc" {
				var r benchpb.Record
				if err := proto.Unmarshal(b, &r); err != nil || r.GetSeq() != h.Seq || r.GetBody() != string(p[ours.TextHeaderSize:]) {
					t.Errorf("protobuf holds %v, %v", &r, err)
				}
				continue
			}
			var r map[string]any
			if err := json.Unmarshal(b, &r); err != nil || r["body"] != string(p[ours.TextHeaderSize:]) {
				t.Errorf("JSON is %s, %v", b, err)
			}
		}
	}
}

// A codec rejects any input that is not a message.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"seq":1,"body":"x"}`), true)
	f.Add([]byte{8, 1, 50, 1, 'x'}, false)
	f.Fuzz(func(t *testing.T, b []byte, asJSON bool) {
		name := "grpc"
		if asJSON {
			name = "sse"
		}
		p, err := For(name).Decode(b)
		if err != nil {
			if !errors.Is(err, ErrEncoding) {
				t.Errorf("%v", err)
			}
			return
		}
		if len(p) < ours.TextHeaderSize {
			t.Errorf("a message of %d bytes", len(p))
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	p := ours.NewMessage(128, true).Stamp(ours.Header{Seq: 1, Intended: 2, Sent: 3})
	for _, name := range []string{"websocket", "grpc"} {
		b.Run(name, func(b *testing.B) {
			c := For(name)
			var out []byte
			for b.Loop() {
				out, _ = c.Append(out[:0], p)
				if _, err := c.Decode(out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
