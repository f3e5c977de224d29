package record_test

import (
	"testing"

	"pgregory.net/rapid"

	"rtbench/proto/record"
)

// naive is a sequence with unlimited memory.
type naive struct{ received, duplicates, outOfOrder, highest uint64 }

func count(arrived []uint64) naive {
	seen := map[uint64]bool{}
	n := naive{}
	for _, seq := range arrived {
		switch {
		case seen[seq]:
			n.duplicates++
			continue
		case seq < n.highest:
			n.outOfOrder++
		}
		seen[seq] = true
		n.received++
		n.highest = max(n.highest, seq)
	}
	return n
}

func TestSequenceMatchesNaiveCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.Uint64Range(1, 3000).Draw(t, "sent")
		var arrived []uint64
		for seq := range sent {
			switch rapid.IntRange(0, 20).Draw(t, "fate") {
			case 0: // lost
			case 1:
				arrived = append(arrived, seq, seq)
			case 2: // overtaken by up to 100 others
				at := max(0, len(arrived)-rapid.IntRange(0, 100).Draw(t, "by"))
				arrived = append(arrived[:at], append([]uint64{seq}, arrived[at:]...)...)
			default:
				arrived = append(arrived, seq)
			}
		}
		var q record.Sequence
		for _, seq := range arrived {
			q.Note(seq, false)
		}
		l := q.Ledger()
		l.Close(sent)
		want := count(arrived)
		if l.Received != want.received || l.Duplicates != want.duplicates || l.OutOfOrder != want.outOfOrder || l.Lost != sent-want.received {
			t.Fatalf("ledger %d/%d/%d/%d, want %+v of %d sent", l.Received, l.Duplicates, l.OutOfOrder, l.Lost, want, sent)
		}
	})
}

// In any order, once all messages have arrived none is lost, and the steady phase's own
// are counted.
func TestSequenceSteadyPhase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := make([]uint64, rapid.IntRange(1, 300).Draw(t, "messages"))
		for i := range order {
			order[i] = uint64(i)
		}
		order = rapid.Permutation(order).Draw(t, "order")
		from := rapid.Uint64Range(0, 300).Draw(t, "from")
		to := rapid.Uint64Range(from, 300).Draw(t, "to")
		var q record.Sequence
		var l record.Ledger
		want := record.Tally{}
		for _, seq := range order {
			steady := seq >= from && seq < to
			if q.Note(seq, steady); steady {
				want.Received++
			}
			if rapid.Bool().Draw(t, "twice") {
				if q.Note(seq, steady); steady {
					want.Duplicates++
				}
			}
			if l = q.Ledger(); l.Steady.Lost > l.Lost {
				t.Fatalf("lost %d, of them in the steady phase %d", l.Lost, l.Steady.Lost)
			}
		}
		want.OutOfOrder = l.Steady.OutOfOrder
		if l.Steady != want || l.Lost != 0 || l.Received != uint64(len(order)) {
			t.Fatalf("%+v, want %+v in the steady phase", l, want)
		}
	})
}

// A message counts as received if at most 65,536 later ones precede it.
func TestSequenceLateMessages(t *testing.T) {
	for _, late := range []uint64{1, 255, 256, 257, 1023, 1024, 1025, 5000, 65_000} {
		var q record.Sequence
		const every, n = 100, uint64(80_000)
		for seq := range n + late {
			if seq < n && seq%every != 0 {
				q.Note(seq, false)
			}
			if old := seq - late; seq >= late && old%every == 0 {
				q.Note(old, false)
			}
		}
		q.Note(n-1, false)
		l := q.Ledger()
		if l.Received != n || l.Lost != 0 || l.Duplicates != 1 {
			t.Errorf("late by %d: of %d received %d, lost %d, duplicates %d, want 1", late, n, l.Received, l.Lost, l.Duplicates)
		}
	}
}
