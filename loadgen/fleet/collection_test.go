//go:build !nofleet

package fleet

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rtbench/loadgen"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// updates returns the reports of an agent about times, with the manifest at the end.
func updates(agent string, task int, numbers []int) (list []report) {
	all := make([]counts, 1)
	add := func(kind string, v any) {
		list = append(list, report{agent, kind, task, len(list) + 1, encode(v)})
	}
	for i, n := range numbers {
		h := record.NewHistogram()
		_ = h.RecordValues(int64(1000*(i+1)), int64(n))
		d := loadgen.Delta{Response: result.Wrap(h)}
		all[0] = all[0].add(countsOf(d))
		add(updateKind, update{Times: []loadgen.Delta{d}})
	}
	add(pieceKind, &loadgen.Part{Cells: make([]loadgen.CellPart, 1)})
	add(manifestKind, manifest{len(list), all})
	return list
}

// However often reports are repeated, each counts once. If one is missing, the share is incomplete.
func TestReportsCountOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 6).Draw(t, "counts")
		list := updates("a", 1, counts)
		missing := rapid.IntRange(-1, len(list)-2).Draw(t, "missing") // the manifest arrives
		c := newCollection(1, 1, []*member{{hello: hello{Name: "a"}}})
		want, before := 0, -1
		for i, r := range list {
			if i == missing {
				continue
			}
			for range rapid.IntRange(1, 3).Draw(t, "times") {
				c.add(r)
			}
			if before >= 0 && rapid.Bool().Draw(t, "again") {
				c.add(list[before])
			}
			before = i
			if i < len(counts) && (missing < 0 || i < missing) {
				want += counts[i]
			}
		}
		a := c.shares["a"]
		if !a.done || (a.fault == "") != (missing < 0) || (a.part == nil) != (missing >= 0) {
			t.Fatalf("report %d is missing: %+v", missing, a)
		}
		if got := a.counts[0].Response; got != int64(want) {
			t.Fatalf("%d messages, want %d", got, want)
		}
	})
}

func TestManifestMustMatch(t *testing.T) {
	t.Parallel()
	list := updates("a", 1, []int{5, 3})
	list[len(list)-1].body = encode(manifest{Reports: 3, Cells: []counts{{Response: 9}}})
	c := newCollection(1, 1, []*member{{hello: hello{Name: "a"}}})
	for _, r := range list {
		c.add(r)
	}
	if a := c.shares["a"]; !a.done || !strings.Contains(a.fault, "do not match its manifest (found {Reports:3 Cells:[{Response:8") {
		t.Errorf("%+v", a)
	}
	c.add(report{"stranger", updateKind, 1, 1, nil})
	c.add(report{"a", updateKind, 2, 9, nil})
	if n := c.shares["a"].reports; n != len(list) {
		t.Errorf("reports of others count: %d", n)
	}
}
