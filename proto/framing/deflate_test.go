package framing_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"pgregory.net/rapid"

	"rtbench/proto/deflate"
	"rtbench/proto/framing"
)

// allocated returns the number of bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestDeflateRFCVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		section, in string
		want        []string
	}{
		{"7.2.3.1", "c1 07 f2 48 cd c9 c9 07 00", []string{"1 Hello"}},
		{"7.2.3.1, in fragments", "41 03 f2 48 cd 80 04 c9 c9 07 00", []string{"1 Hello"}},
		{"7.2.3.2", "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00", []string{"1 Hello", "1 Hello"}},
		{"7.2.3.3", "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", []string{"1 Hello"}},
		{"7.2.3.4", "c1 08 f3 48 cd c9 c9 07 00 00 c1 05 f2 00 11 00 00", []string{"1 Hello", "1 Hello"}},
		{"7.2.3.4, without the empty block", "c1 07 f3 48 cd c9 c9 07 00", []string{"1 Hello"}},
		{"7.2.3.5", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", []string{"1 Hello"}},
		{"7.2.3.6", "c1 01 00", []string{"1 "}},
		{"6, not compressed", "81 05 48 65 6c 6c 6f c1 07 f2 48 cd c9 c9 07 00", []string{"1 Hello", "1 Hello"}},
		{"ping between", "41 03 f2 48 cd 8a 00 80 04 c9 c9 07 00", []string{"1 Hello"}},
	} {
		in, err := hex.DecodeString(strings.ReplaceAll(c.in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		for _, sizes := range [][]int{nil, {1}} {
			got, err := feed(&framing.WebSocket{Client: true, Deflate: &deflate.Params{}}, bytes.Clone(in), sizes)
			if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("section %s: %q, %v; want %q", c.section, got, err, c.want)
			}
		}
	}
}

func drawDeflate(t *rapid.T) *deflate.Params {
	bits := rapid.SampledFrom([]int{0, 8, 9, 12, 15})
	return &deflate.Params{
		ServerNoContext: rapid.Bool().Draw(t, "server each"), ClientNoContext: rapid.Bool().Draw(t, "client each"),
		ServerBits: bits.Draw(t, "server bits"), ClientBits: bits.Draw(t, "client bits"),
	}
}

func TestDeflatedMessagesSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, client, text := drawDeflate(t), rapid.Bool().Draw(t, "client"), rapid.Bool().Draw(t, "text")
		write := &framing.WebSocket{Client: client, Text: text, Deflate: d, Fragment: rapid.SampledFrom([]int{0, 1, 7, 1000}).Draw(t, "fragment")}
		read := &framing.WebSocket{Client: !client, Deflate: d}
		noise := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		var stream []byte
		var want []string
		for range rapid.IntRange(1, 6).Draw(t, "messages") {
			p := strings.Repeat(rapid.StringMatching(`[a-zäλ€]{0,20}`).Draw(t, "text"), rapid.IntRange(0, 3000).Draw(t, "times"))
			if !text && rapid.Bool().Draw(t, "noise") {
				b := make([]byte, noise.IntN(100_000))
				for i := range b {
					b[i] = byte(noise.Uint32())
				}
				p = string(b)
			}
			stream = write.Append(stream, []byte(p))
			want = append(want, "1 "+p)
		}
		got, err := feed(read, stream, []int{rapid.IntRange(200, 50_000).Draw(t, "piece")})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%d messages came of %d: %v", len(got), len(want), err)
		}
	})
}

// A repeated message is nearly free with a window and costs the same without.
func TestDeflateKeepsItsWindow(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 200)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for _, bits := range []int{8, 12, 15} {
		for _, each := range []bool{false, true} {
			f := &framing.WebSocket{Deflate: &deflate.Params{ServerNoContext: each, ServerBits: bits}}
			first := len(f.Append(nil, noise))
			if again := len(f.Append(nil, noise)); again < first/4 == each {
				t.Errorf("%d bits, each %v: %d bytes, then %d", bits, each, first, again)
			}
		}
	}
}

// Decompression allocates no more than the limit.
func TestDeflateBomb(t *testing.T) {
	const limit = 1 << 20
	d := &deflate.Params{}
	bomb := (&framing.WebSocket{Deflate: d}).Append(nil, make([]byte, 64<<20))
	if len(bomb) > limit {
		t.Fatalf("a bomb of %d bytes", len(bomb))
	}
	var kind framing.Kind
	var reply []byte
	var err error
	n := allocated(func() {
		kind, reply, _, err = (&framing.WebSocket{Client: true, Deflate: d, Limit: limit}).Next(bomb)
	})
	if kind != framing.More || !errors.Is(err, framing.ErrTooLong) || closeCode(reply) != 1009 || n > 6*limit {
		t.Errorf("%d, %v, close code %d, %d bytes allocated", kind, err, closeCode(reply), n)
	}
}

func TestDeflateViolations(t *testing.T) {
	t.Parallel()
	final := strings.Repeat("\x03\x00", 1000) // as many final blocks
	for name, c := range map[string]struct {
		in   []byte
		code int
	}{
		"ping":             {wsFrame(0xc9, ""), 1002},
		"continuation":     {append(wsFrame(0x41, "\xf2\x48\xcd"), wsFrame(0xc0, "\xc9\xc9\x07\x00")...), 1002},
		"another bit":      {wsFrame(0xe1, "\x00"), 1002},
		"garbage":          {wsFrame(0xc1, "\xff\xff\xff"), 1007},
		"far too far back": {wsFrame(0xc2, "\x4a\x01\x52\x00"), 1007},
		"cut off":          {wsFrame(0xc1, "\xf2\x48"), 1007},
		"final blocks":     {wsFrame(0xc1, final), 1007},
		"not UTF-8":        {wsFrame(0xc1, "\x00\x01\x00\xfe\xff\xff\x00"), 1007},
	} {
		events, err := feed(&framing.WebSocket{Client: true, Deflate: &deflate.Params{}}, c.in, nil)
		if len(events) != 1 || !errors.Is(err, framing.ErrMalformed) || closeCode([]byte(events[0])[len("error "):]) != c.code {
			t.Errorf("%s: %q, %v; want code %d", name, events, err, c.code)
		}
	}
}

// Any inflater can read compressed messages, here that of compress/flate.
func TestDeflateReadByStandardInflater(t *testing.T) {
	t.Parallel()
	for _, d := range []*deflate.Params{{}, {ServerNoContext: true}, {ServerBits: 9}} {
		f := &framing.WebSocket{Deflate: d}
		p := []byte(strings.Repeat("streams ", 10))
		b := f.Append(nil, p)
		r := flate.NewReader(bytes.NewReader(append(b[2:], "\x00\x00\xff\xff"...)))
		got := make([]byte, len(p))
		if n, _ := r.Read(got); b[0] != 0xc2 || !bytes.Equal(got[:n], p) {
			t.Errorf("%v: %q", d, got[:n])
		}
	}
}
