package profile

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	runtimepprof "runtime/pprof"
	"strings"
	"testing"
	"time"

	pprof "github.com/google/pprof/profile"

	"rtbench/proto/usage"
	"rtbench/report/result"
)

// heapProfile returns a heap profile with so many objects of 1,000 bytes, of which all are in use, except those of
// functions named garbage.
func heapProfile(objects millis) *pprof.Profile {
	p := &pprof.Profile{
		SampleType: []*pprof.ValueType{
			{Type: "alloc_objects", Unit: "count"},
			{Type: "alloc_space", Unit: "bytes"},
			{Type: "inuse_objects", Unit: "count"},
			{Type: "inuse_space", Unit: "bytes"},
		},
		PeriodType: &pprof.ValueType{Type: "space", Unit: "bytes"}, Period: 1000,
	}
	addStacks(p, objects, func(n float64) []int64 { return []int64{int64(n), int64(n) * 1000, int64(n), int64(n) * 1000} })
	for _, s := range p.Sample {
		if s.Location[0].Line[0].Function.Name == "main.garbage" {
			s.Value[2], s.Value[3] = 0, 0
		}
	}
	return p
}

func encode(t *testing.T, p *pprof.Profile) []byte {
	t.Helper()
	b, err := Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// take is a repetition of 10 s with 1,000 messages.
func take(t *testing.T, cpu, before, after *pprof.Profile) Take {
	t.Helper()
	return Take{
		Source: "http://h/debug/pprof", CPU: encode(t, cpu), Before: encode(t, before), After: encode(t, after),
		Between: 10 * time.Second, Messages: 1000, Steady: 10 * time.Second,
	}
}

// cellOf returns a cell with joined profiles.
func cellOf(takes ...Take) *result.Cell { return &result.Cell{ID: "c", Profile: Join(takes)} }

// Heap profiles count from the first to the second of each repetition, per message; memory in use is that at the end.
func TestHeapsOfRepetitions(t *testing.T) {
	t.Parallel()
	cpu := cpuProfile(millis{"main.a": 100})
	base := cellOf(
		take(t, cpu, heapProfile(millis{"main.a": 500}), heapProfile(millis{"main.a": 4500, "main.garbage": 700})),
		take(t, cpu, heapProfile(millis{"main.a": 100}), heapProfile(millis{"main.a": 2100})),
	)
	head := cellOf(
		take(t, cpu, heapProfile(millis{"main.a": 500}), heapProfile(millis{"main.a": 3500, "main.b": 9000})),
		take(t, cpu, heapProfile(millis{"main.a": 500}), heapProfile(millis{"main.a": 3500, "main.b": 9000})),
	)
	all := Compare(base, head)
	if len(all) != 3 || all[0].Missing != "" || all[1].Kind != Allocated || all[2].Kind != InUse {
		t.Fatalf("%+v", all)
	}
	near := func(what string, got result.Number, want float64) {
		if math.Abs(float64(got)-want) > 1 {
			t.Errorf("%s: %g, want %g", what, float64(got), want)
		}
	}
	near("allocated by base", all[1].Base, (4000+700+2000)*1000/2000.0)
	near("allocated by head", all[1].Head, (3000+9000)*1000*2/2000.0)
	near("in use by base", all[2].Base, 1000*(4500+2100)/2)
	near("in use by head", all[2].Head, 1000*(3500+9000))
	for _, d := range all[1:] {
		if len(d.Changes) == 0 || d.Changes[0].Function != "main.b" || !d.Changed() {
			t.Errorf("%s: %+v", d.Kind, d.Changes)
		}
	}
	if all[0].Changed() || len(all[0].Changes) > 0 || float64(all[0].Base) != 100*1e7/1000 {
		t.Errorf("%+v", all[0])
	}
}

// Samples are shares of the CPU time that the kernel counts, if that is known of both sides.
func TestSamplesAreSharesOfCPUTime(t *testing.T) {
	t.Parallel()
	heap := heapProfile(millis{"main.a": 1})
	one := take(t, cpuProfile(millis{"main.a": 60, "main.b": 20}), heap, heap)
	two := take(t, cpuProfile(millis{"main.a": 60, "main.b": 20, "main.c": 80}), heap, heap)
	if d := Compare(cellOf(one), cellOf(two))[0]; float64(d.Base) != 80e4 || float64(d.Head) != 160e4 {
		t.Errorf("%+v", d)
	}
	one.Used, two.Used = 2*time.Second, 3*time.Second
	d := Compare(cellOf(one), cellOf(two))[0]
	if float64(d.Base) != 2e6 || float64(d.Head) != 3e6 || len(d.Changes) == 0 || d.Changes[0].Function != "main.c" || math.Abs(d.Changes[0].Head-1.5e6) > 1 {
		t.Errorf("%+v", d)
	}
}

// Profiles of a running Go program are read, joined, stored and compared.
func TestProfilesOfThisProgram(t *testing.T) {
	var cpu, before, after bytes.Buffer
	if err := runtimepprof.StartCPUProfile(&cpu); err != nil {
		t.Skip(err) // go test -cpuprofile
	}
	runtime.GC()
	_ = runtimepprof.Lookup("heap").WriteTo(&before, 0)
	for begin := usage.CPU(); usage.CPU()-begin < 50*time.Millisecond; {
		kept = append(kept, make([]byte, 1<<20))
	}
	runtimepprof.StopCPUProfile()
	runtime.GC()
	_ = runtimepprof.Lookup("heap").WriteTo(&after, 0)
	one := Take{CPU: cpu.Bytes(), Before: before.Bytes(), After: after.Bytes(), Between: time.Second, Messages: 10, Steady: time.Second}
	c := cellOf(one, one)
	if why := c.Profile.Missing(); len(why) > 0 {
		t.Fatal(why)
	}
	for _, d := range Compare(c, c) {
		if d.Missing != "" || d.Changed() || d.Base <= 0 {
			t.Errorf("%+v", d)
		}
	}
}

var kept [][]byte

// Anything but a profile of the right kind is described on one line, with the expectation.
func TestWrongProfiles(t *testing.T) {
	t.Parallel()
	wall := cpuProfile(millis{"main.a": 1})
	wall.SampleType[1].Type = "wall"
	addresses := cpuProfile(millis{"": 1})
	negative := cpuProfile(millis{"main.a": -1})
	unknown := cpuProfile(millis{"main.a": 1})
	unknown.DurationNanos = 0
	for _, c := range []struct {
		what string
		data []byte
		want string
	}{
		{"HTML", []byte("<!DOCTYPE html><html>no such page</html>"), `found "<!DOCTYPE html><html>no "… (40 bytes); expected a profile in the format of pprof`},
		{"nothing", nil, "found nothing; expected a profile"},
		{"broken gzip", []byte("\x1f\x8b\x08garbage"), "found damaged gzip data"},
		{"a heap", encode(t, heapProfile(millis{"main.a": 1})), "expected one of cpu in nanoseconds"},
		{"wall time", encode(t, wall), `found a profile of "samples in count", "wall in nanoseconds"; expected one of cpu`},
		{"no samples", encode(t, cpuProfile(nil)), "found a CPU profile without samples"},
		{"no names", encode(t, addresses), "found addresses without the names of functions"},
		{"a difference", encode(t, negative), "found negative values"},
		{"no length", encode(t, unknown), "found a CPU profile of unknown length"},
	} {
		one := take(t, wall, wall, wall)
		one.CPU = c.data
		got := Join([]Take{one}).CPU
		if !strings.HasPrefix(got.Missing, "http://h/debug/pprof/profile: ") || !strings.Contains(got.Missing, c.want) || strings.Contains(got.Missing, "\n") || got.Data != nil {
			t.Errorf("%s: %q; expected %q", c.what, got.Missing, c.want)
		}
	}
	one := Join([]Take{Failed(errors.New("refused"))})
	if why := one.Missing(); len(why) != 1 || why[0] != "refused" {
		t.Errorf("%q", why)
	}
	all := Compare(&result.Cell{ID: "c", Profile: one}, &result.Cell{ID: "c", Profile: one})
	if len(all) != 1 || all[0].Missing != "base: refused" {
		t.Errorf("%+v", all)
	}
}

// Whatever a server sends, it is read without a panic.
func FuzzJoin(f *testing.F) {
	cpu, _ := Encode(cpuProfile(millis{"main.a;main.b": 3}))
	heap, _ := Encode(heapProfile(millis{"main.a;main.b": 3}))
	f.Add(cpu, heap, heap)
	f.Add([]byte("<html>"), []byte{}, []byte{0x1f, 0x8b})
	f.Fuzz(func(_ *testing.T, cpu, before, after []byte) {
		one := Take{CPU: cpu, Before: before, After: after, Between: time.Second, Messages: 1, Steady: time.Second}
		c := cellOf(one, one)
		Compare(c, c)
	})
}
