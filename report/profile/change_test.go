package profile

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"
)

// millis are numbers of CPU samples by stack, whose functions are separated by ";".
type millis map[string]float64

// cpuProfile returns a CPU profile with the given numbers of samples of 10 ms.
func cpuProfile(counts millis) *pprof.Profile {
	p := &pprof.Profile{
		SampleType: []*pprof.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e7, DurationNanos: 1e10,
	}
	addStacks(p, counts, func(n float64) []int64 { return []int64{int64(n), int64(n) * 1e7} })
	return p
}

// addStacks adds a sample for each stack.
func addStacks(p *pprof.Profile, values millis, of func(float64) []int64) {
	known := map[string]*pprof.Location{}
	for stack, v := range values {
		var locations []*pprof.Location
		for name := range strings.SplitSeq(stack, ";") {
			if known[name] == nil {
				id := uint64(len(known) + 1)
				f := &pprof.Function{ID: id, Name: name}
				known[name] = &pprof.Location{ID: id, Address: id, Line: []pprof.Line{{Function: f}}}
				p.Function, p.Location = append(p.Function, f), append(p.Location, known[name])
			}
			locations = append([]*pprof.Location{known[name]}, locations...) // the leaf first
		}
		p.Sample = append(p.Sample, &pprof.Sample{Location: locations, Value: of(v)})
	}
}

// compared returns the changes between two CPU profiles of so many messages each.
func compared(base, head *pprof.Profile, baseMessages, headMessages, noise float64) []Change {
	n := names{numbers: map[string]int{}}
	b, h := n.sideOf(base, CPU, baseMessages), n.sideOf(head, CPU, headMessages)
	return newPair(b, h, noise, n.list).changes()
}

// poisson returns the number of events of a Poisson process with that mean.
func poisson(r *rand.Rand, mean float64) float64 {
	n := 0.0
	for left := r.ExpFloat64(); left < mean; left += r.ExpFloat64() {
		n++
	}
	return n
}

// truth is a server whose messages cost two samples per thousand, over 40 functions.
func truth() millis {
	m := millis{}
	for i := range 40 {
		m[fmt.Sprintf("main.serve;main.handle;example.org/lib.F%d", i)] = 1 + float64(i%10)*3
	}
	m["main.serve;main.handle;encoding/json.Marshal;encoding/json.(*encodeState).marshal;runtime.mallocgc"] = 60
	m["main.serve;net/http.(*conn).serve;internal/poll.(*FD).Write;syscall.write"] = 200
	return m
}

// sample returns a CPU profile of a truth, with the noise of sampling and of the machine.
func sample(r *rand.Rand, truth millis, scale, noise float64) *pprof.Profile {
	machine := math.Exp(noise * r.NormFloat64())
	counts := millis{}
	for _, stack := range slices.Sorted(maps.Keys(truth)) {
		if n := poisson(r, truth[stack]*scale*machine); n > 0 {
			counts[stack] = n
		}
	}
	return cpuProfile(counts)
}

// Two profiles of the same server name functions in at most 5 % of the cases, also if they cover different numbers of
// messages and the machine is noisy.
func TestEqualServersNameNothing(t *testing.T) {
	t.Parallel()
	const trials = 400
	for _, c := range []struct{ scale, noise float64 }{{1, 0}, {4, 0}, {1, 0.05}, {0.2, 0.03}} {
		r := rand.New(rand.NewPCG(1, uint64(c.scale*10)))
		named := 0
		for range trials {
			base, head := sample(r, truth(), 1, c.noise), sample(r, truth(), c.scale, c.noise)
			if len(compared(base, head, 1000, 1000*c.scale, c.noise)) > 0 {
				named++
			}
		}
		if allowed := trials*level + 3*math.Sqrt(trials*level); float64(named) > allowed {
			t.Errorf("scale %g, noise %g: %d of %d name a function; expected at most %.0f", c.scale, c.noise, named, trials, allowed)
		}
		t.Logf("scale %g, noise %g: %d of %d", c.scale, c.noise, named, trials)
	}
}

// A function that costs more than noise is named first, wherever it is called from, with the cost that it really has.
func TestPlantedFunctionIsNamedFirst(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		base, head := truth(), truth()
		base["main.serve;main.handle;main.before"] = 150
		head["main.serve;main.handle;main.after;main.helper"] = 60
		head["main.serve;main.handle;main.after"] = 190
		all := compared(sample(r, base, 1, 0.02), sample(r, head, 1, 0.02), 1000, 1000, 0.02)
		if len(all) < 2 || all[0].Function != "main.after" || !slices.ContainsFunc(all, func(c Change) bool { return c.Function == "main.before" && c.Delta() < 0 }) {
			t.Fatalf("%+v", all)
		}
		if want := 250 * 1e7 / 1000.0; math.Abs(all[0].Delta()-want) > 0.3*want {
			t.Fatalf("main.after grew by %g ns; expected about %g", all[0].Delta(), want)
		}
	}
}

// A change is attributed to the innermost function that explains it, or to the library's function that is called.
func TestWhereChangesTakePlace(t *testing.T) {
	t.Parallel()
	const far = "runtime.goexit;net/http.(*conn).serve;example.org/app.Handle;"
	for _, c := range []struct {
		what             string
		added            millis
		function, caller string
	}{
		{"a leaf", millis{far + "example.org/app.hot": 500}, "example.org/app.hot", ""},
		{"library", millis{far + "encoding/json.Marshal;encoding/json.(*encodeState).marshal;reflect.Value.Field": 500}, "encoding/json.Marshal", "example.org/app.Handle"},
		{"library, several leaves", millis{far + "encoding/json.Marshal;runtime.mallocgc": 300, far + "encoding/json.Marshal;reflect.Value.Field": 300}, "encoding/json.Marshal", "example.org/app.Handle"},
		{"own work of many kinds", millis{far + "example.org/app.a": 200, far + "example.org/app.b": 200, far + "runtime.mallocgc": 200}, "example.org/app.Handle", ""},
		{"library without a caller", millis{"runtime.gcBgMarkWorker;runtime.systemstack;runtime.gcDrain;runtime.scanobject": 500}, "runtime.gcBgMarkWorker", ""},
		{"recursion", millis{far + "example.org/app.walk;example.org/app.walk;example.org/app.walk": 500}, "example.org/app.walk", ""},
		{"a module without a dot", millis{"runtime.goexit;app/server.(*hub).send;app/server.encode[...]": 500}, "app/server.encode[...]", ""},
	} {
		base := millis{far + "example.org/app.other": 400, "runtime.gcBgMarkWorker;runtime.systemstack": 30, "runtime.goexit;app/server.(*hub).send": 30}
		head := millis{}
		for _, m := range []millis{base, c.added} {
			for stack, n := range m {
				head[stack] += n
			}
		}
		for _, sign := range []float64{1, -1} {
			from, to := cpuProfile(base), cpuProfile(head)
			if sign < 0 {
				from, to = to, from
			}
			all := compared(from, to, 1000, 1000, 0)
			if len(all) != 1 || all[0].Function != c.function || all[0].Caller != c.caller || all[0].Delta()*sign <= 0 {
				t.Errorf("%s: %+v; expected %s, called by %q", c.what, all, c.function, c.caller)
			}
		}
	}
}

func TestPackages(t *testing.T) {
	t.Parallel()
	for function, want := range map[string]struct {
		path     string
		standard bool
	}{
		"encoding/json.(*encodeState).marshal":                      {"encoding/json", true},
		"main.main.func1":                                           {"main", false},
		"rtbench/server.(*Server).serve":                            {"rtbench/server", false},
		"github.com/gobwas/ws.WriteHeader":                          {"github.com/gobwas/ws", false},
		"slices.SortFunc[go.shape.[]github.com/a/b.C,go.shape.int]": {"slices", true},
		"app/x.Map[go.shape.string,a/b.C].Get":                      {"app/x", false},
		"memeqbody":                                                 {"memeqbody", true},
		"std::vector::push_back":                                    {"std::vector::push_back", false},
	} {
		if got := packageOf(function); got != want.path || standard(function) != want.standard {
			t.Errorf("%s: package %q, standard %t; expected %+v", function, got, standard(function), want)
		}
	}
}
