package script

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// pending agrees with a map: an outstanding message is found once, by number or by order, however
// replies are mixed; answered and unknown messages are not found.
func TestPendingMatchesMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pending
		model := map[uint64]int64{}
		next := rapid.Uint64Range(0, 1000).Draw(t, "first")
		first := next
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0, 1:
				p.put(next, int64(next)*7, int64(next)*9)
				model[next] = int64(next) * 7
				next++
			case 2:
				if next == first {
					continue
				}
				seq := rapid.Uint64Range(first, next+2).Draw(t, "seq")
				want, under := model[seq]
				intended, sent, ok := p.take(seq)
				if ok != under || (ok && (intended != want || sent != int64(seq)*9)) {
					t.Fatalf("take(%d) = %d, %d, %v; want %d, %v", seq, intended, sent, ok, want, under)
				}
				delete(model, seq)
			case 3:
				oldest, there := next, false
				for seq := range model {
					if seq < oldest {
						oldest, there = seq, true
					}
				}
				seq, intended, _, ok := p.takeFirst(math.MaxInt64)
				if ok != there || (ok && (seq != oldest || intended != model[oldest])) {
					t.Fatalf("takeFirst(math.MaxInt64) = %d, %d, %v; want %d, %v", seq, intended, ok, oldest, there)
				}
				delete(model, oldest)
			}
		}
	})
}

// One goroutine puts while another takes; each message is found once.
func TestPendingConcurrentUse(t *testing.T) {
	const n = 20_000
	var p pending
	sent := make(chan uint64, 64)
	go func() {
		defer close(sent)
		for seq := range uint64(n) {
			p.put(seq, int64(seq), int64(seq)+1)
			sent <- seq
		}
	}()
	found := 0
	for seq := range sent {
		if intended, at, ok := p.take(seq); ok && intended == int64(seq) && at == intended+1 {
			found++
		}
	}
	if found != n {
		t.Errorf("found %d of %d", found, n)
	}
}

// A server that never answers does not grow the ring beyond its bound.
func TestPendingIsBounded(t *testing.T) {
	var p pending
	for seq := range uint64(3 * maxPending) {
		p.put(seq, 1, 1)
	}
	if n := len(p.ring()); n != maxPending {
		t.Errorf("%d slots, want %d", n, maxPending)
	}
	if seq, _, _, ok := p.takeFirst(math.MaxInt64); !ok || seq != 2*maxPending {
		t.Errorf("the oldest known is %d, %v, want %d", seq, ok, 2*maxPending)
	}
	if _, _, ok := p.take(5); ok {
		t.Error("a message that was forgotten is found")
	}
}

// Nor does a server that loses messages now and then; outstanding messages are kept.
func TestPendingOfLostMessages(t *testing.T) {
	var p pending
	const behind = 100
	for seq := range uint64(3 * maxPending) {
		p.put(seq, int64(seq), 1)
		if seq < behind || seq%1000 == 0 {
			continue
		}
		if intended, _, ok := p.take(seq - behind); !ok || intended != int64(seq)-behind {
			t.Fatalf("message %d, which is under way, is not known", seq-behind)
		}
	}
	if n := len(p.ring()); n > 4*reorderWindow {
		t.Errorf("%d slots for %d messages under way", n, behind)
	}
}

// A reply is matched no matter how many later messages were answered before.
func TestPendingOfLateReplies(t *testing.T) {
	var p pending
	for seq := range uint64(20 * reorderWindow) {
		p.put(seq, int64(seq), int64(seq)+1)
		if seq%3 != 0 {
			p.take(seq)
		}
	}
	for seq := uint64(0); seq < 20*reorderWindow; seq += 3 {
		if intended, sent, ok := p.take(seq); !ok || intended != int64(seq) || sent != intended+1 {
			t.Fatalf("message %d is not known", seq)
		}
		if _, _, ok := p.take(seq); ok {
			t.Fatalf("message %d is answered twice", seq)
		}
	}
}

func TestPendingAllocatesNothing(t *testing.T) {
	var p pending
	seq := uint64(0)
	for ; seq < 100; seq++ {
		p.put(seq, 1, 1)
	}
	for range 100 {
		p.takeFirst(math.MaxInt64)
	}
	if n := testing.AllocsPerRun(1000, func() {
		p.put(seq, 1, 1)
		p.take(seq)
		seq++
	}); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}
