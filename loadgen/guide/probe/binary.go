package probe

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"slices"

	"rtbench/proto"
)

const (
	megabytes = 3
	// megabyteSize is close to the largest message that every server accepts.
	megabyteSize = proto.MaxSize - 64
)

// echoBytes tests whether a protocol carries arbitrary bytes unchanged.
func echoBytes(ctx context.Context, s Servers, n *Notes, sub subject) error {
	t := new(tap)
	e, err := openEcho(ctx, sub.protocol, s.target(sub.protocol, false, t))
	if err != nil {
		return err
	}
	defer e.close()
	back, err := e.roundTrip([][]byte{allBytes()})
	if err != nil {
		return err
	}
	same := slices.Equal(back, hashAll([][]byte{allBytes()}))
	n.Logf("  a message of the bytes 0 to 255: echoed unchanged: %v", same)
	n.Answer(sub.protocol+"/all-bytes", same, "A message of the bytes 0 to 255 was echoed over %s %s.", sub.name, bitForBit(same))

	sent := randomMessages()
	before := t.total()
	if back, err = e.roundTrip(sent); err != nil {
		return err
	}
	wire := t.total().minus(before)
	want := hashAll(sent)
	for i := range sent {
		n.Logf("  message %d of %d random bytes: SHA-256 sent %x, received %x", i+1, len(sent[i]), want[i], back[i])
	}
	same = slices.Equal(back, want)
	n.Answer(sub.protocol+"/megabyte", same, "%d messages of %d random bytes were echoed over %s %s (compared by SHA-256).", megabytes, megabyteSize, sub.name, bitForBit(same))
	payload := megabytes * megabyteSize
	overhead := float64(wire.down) / float64(payload)
	n.Value(sub.protocol+"/overhead", overhead, "", "%d bytes of messages took %d bytes of TCP payload from server to client over %s: %.4f bytes per byte.", payload, wire.down, sub.name, overhead)
	return nil
}

func bitForBit(same bool) string {
	if same {
		return "bit for bit"
	}
	return "with changes"
}

func allBytes() []byte {
	p := make([]byte, 256)
	for i := range p {
		p[i] = byte(i)
	}
	return p
}

// randomMessages returns the same messages in every run.
func randomMessages() [][]byte {
	random := rand.NewChaCha8([32]byte([]byte("rtbench probe: binary, megabytes")))
	messages := make([][]byte, megabytes)
	for i := range messages {
		messages[i] = make([]byte, megabyteSize)
		_, _ = random.Read(messages[i]) // never fails
	}
	return messages
}

type digest [sha256.Size]byte

func hashAll(messages [][]byte) []digest {
	all := make([]digest, len(messages))
	for i, p := range messages {
		all[i] = sha256.Sum256(p)
	}
	return all
}

// roundTrip sends messages and returns the digests of the replies.
func (e *echo) roundTrip(messages [][]byte) (back []digest, err error) {
	_, err = e.exchange(len(messages), func(i int) []byte { return messages[i] }, func(_ int, p []byte) error {
		back = append(back, sha256.Sum256(p))
		return nil
	})
	return back, err
}
